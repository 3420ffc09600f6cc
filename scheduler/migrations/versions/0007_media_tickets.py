"""tickets for encoders and players that are not ours"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_ticket",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("meeting_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_media_ticket_meeting_id_meeting", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_media_ticket_site_id_site"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_media_ticket_created_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_media_ticket"),
        sa.UniqueConstraint("secret_hash", name="uq_media_ticket_secret_hash"),
    )
    op.create_index("ix_media_ticket_meeting_id", "media_ticket", ["meeting_id"])
