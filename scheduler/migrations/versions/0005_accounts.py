"""accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("login", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id_person"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_account_site_id_site"),
        sa.CheckConstraint("(person_id IS NULL) <> (site_id IS NULL)", name=op.f("ck_account_one_owner")),
    )
    op.create_index("ix_account_person_id", "account", ["person_id"])
    op.create_index("ix_account_site_id", "account", ["site_id"])
    op.create_table(
        "login_session",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("link_epoch", sa.Integer(), nullable=True),
        sa.Column("bound_meeting_id", sa.String(36), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_session"),
        sa.UniqueConstraint("token_hash", name="uq_login_session_token_hash"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_login_session_account_id_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_login_session_person_id_person"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_login_session_site_id_site"),
        sa.ForeignKeyConstraint(
            ["bound_meeting_id"],
            ["meeting.id"],
            name="fk_login_session_bound_meeting_id_meeting",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_login_session_account_id", "login_session", ["account_id"])
    op.create_index("ix_login_session_site_id", "login_session", ["site_id"])
    op.create_table(
        "password_reset",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_password_reset"),
        sa.UniqueConstraint("token_hash", name="uq_password_reset_token_hash"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_password_reset_account_id_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_password_reset_created_by_person"),
    )
    op.create_index("ix_password_reset_account_id", "password_reset", ["account_id"])
