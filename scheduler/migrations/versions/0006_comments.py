"""rounds of comments on draft minutes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "minutes_round",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("minutes_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(36), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(36), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["minutes_id"], ["minutes.id"], name="fk_minutes_round_minutes_id_minutes"),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name="fk_minutes_round_opened_by_person"),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name="fk_minutes_round_closed_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_minutes_round"),
        sa.UniqueConstraint("minutes_id", "number", name="uq_minutes_round_minutes_id"),
    )
    op.create_index("ix_minutes_round_minutes_id", "minutes_round", ["minutes_id"])
    op.create_table(
        "minutes_comment",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("round_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(80), nullable=False),
        sa.Column("paragraph", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("resolved_by", sa.String(36), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["minutes_round.id"], name="fk_minutes_comment_round_id_minutes_round"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_minutes_comment_person_id_person"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_minutes_comment_site_id_site"),
        sa.ForeignKeyConstraint(["resolved_by"], ["person.id"], name="fk_minutes_comment_resolved_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_minutes_comment"),
    )
    op.create_index("ix_minutes_comment_round_id", "minutes_comment", ["round_id"])
