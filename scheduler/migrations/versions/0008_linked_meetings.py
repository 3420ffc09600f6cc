"""meetings in a tree, rooms at other installations, lines of sites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(36)


def upgrade() -> None:
    # Columns are added in place: rebuilding a table on SQLite would delete what refers to it.
    refer("meeting", "deputy_person_id", "person")
    refer("meeting", "parent_id", "meeting")
    op.add_column("meeting", sa.Column("remote_parent_id", ID, nullable=True))
    op.add_column("meeting", sa.Column("remote_parent_node_id", ID, nullable=True))
    op.add_column("meeting", sa.Column("parent_plan_json", sa.Text(), nullable=False, server_default=""))
    op.add_column("site", sa.Column("line_down_kbps", sa.Integer(), nullable=True))
    op.add_column("site", sa.Column("line_up_kbps", sa.Integer(), nullable=True))
    op.create_table(
        "remote_child",
        sa.Column("id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("node_id", ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("meeting_id", ID, nullable=True),
        sa.Column("wish_json", sa.Text(), nullable=False),
        sa.Column("told_json", sa.Text(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["meeting.id"], name="fk_remote_child_parent_id_meeting", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_remote_child_unit_id_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_remote_child"),
        sa.UniqueConstraint("parent_id", "unit_id", name="uq_remote_child_parent_id"),
    )
    op.create_index("ix_remote_child_parent_id", "remote_child", ["parent_id"])
    op.create_index("ix_remote_child_node_id", "remote_child", ["node_id"])


def refer(table: str, column: str, to: str) -> None:
    """A nullable foreign key, named as the models name it; both databases know this form."""
    name = f"fk_{table}_{column}_{to}"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(36) CONSTRAINT {name} REFERENCES {to} (id)")
    op.create_index(f"ix_{table}_{column}", table, [column])
