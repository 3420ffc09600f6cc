"""minutes, their revisions and signatures, certificates, dossiers and deliveries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scheduler.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _key(name: str, target: str, *, nullable: bool = False, **more: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), sa.ForeignKey(target), nullable=nullable, **more)


def upgrade() -> None:
    op.create_table(
        "minutes",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("meeting_id", "meeting.id", unique=True),
        _key("issuing_unit_id", "unit.id", index=True),
        sa.Column("status", sa.String(24), nullable=False, index=True),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("facts_json", sa.Text, nullable=False),
        sa.Column("number", sa.String(11)),
        sa.Column("notation", sa.String(30)),
        sa.Column("issued_on", sa.Date),
        _key("numbered_by", "person.id", nullable=True),
        sa.Column("return_reason", sa.Text, nullable=False),
        sa.Column("pdf_sha256", sa.String(64)),
        sa.Column("signed_pdf_sha256", sa.String(64)),
        _key("created_by", "person.id"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("issued_at", Instant),
        _key("issued_by", "person.id", nullable=True),
        sa.Column("recalled_at", Instant),
        _key("recalled_by", "person.id", nullable=True),
        sa.Column("recall_reason", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "minutes_revision",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("minutes_id", "minutes.id", index=True),
        sa.Column("number", sa.Integer, nullable=False),
        _key("author_person_id", "person.id"),
        sa.Column("at", Instant, nullable=False),
        sa.Column("text_json", sa.Text, nullable=False),
        sa.UniqueConstraint("minutes_id", "number"),
    )
    op.create_table(
        "minutes_signature",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("minutes_id", "minutes.id", index=True),
        sa.Column("role", sa.String(16), nullable=False),
        _key("person_id", "person.id"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("certificate_sha256", sa.String(64), nullable=False),
        sa.Column("is_test", sa.Boolean, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.UniqueConstraint("minutes_id", "role"),
    )
    op.create_table(
        "signing_certificate",
        _key("person_id", "person.id", primary_key=True),
        sa.Column("pkcs12", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("issuer", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("valid_from", Instant, nullable=False),
        sa.Column("valid_to", Instant, nullable=False),
        sa.Column("is_test", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", Instant),
        sa.Column("added_at", Instant, nullable=False),
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("meeting_id", "meeting.id", unique=True),
        sa.Column("file_code", sa.String(60), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("manifest_json", sa.Text, nullable=False),
        sa.Column("zip_sha256", sa.String(64), nullable=False),
        sa.Column("zip_size_bytes", sa.Integer, nullable=False),
        _key("created_by", "person.id"),
        sa.Column("created_at", Instant, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("dossier_id", "dossier.id", index=True),
        sa.Column("recipient", sa.String(100), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("next_try_at", Instant),
        sa.Column("at", Instant, nullable=False),
        sa.UniqueConstraint("dossier_id", "recipient"),
    )
