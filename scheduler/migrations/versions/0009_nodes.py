"""linked installations: nodes, those they introduced, edges between meetings, seals of logs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "linked_node",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=True),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("authority_pem", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.String(36), nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("error", sa.String(40), nullable=False),
        sa.Column("error_detail", sa.String(500), nullable=False),
        sa.Column("error_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_linked_node_unit_id_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_linked_node"),
    )
    op.create_table(
        "known_node",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("introduced_by", sa.String(36), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("via", sa.String(36), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_known_node"),
    )
    op.create_index("ix_known_node_via", "known_node", ["via"])
    op.create_table(
        "meeting_edge",
        sa.Column("meeting_id", sa.String(36), nullable=False),
        sa.Column("node", sa.String(36), nullable=False),
        sa.Column("parent_meeting_id", sa.String(36), nullable=False),
        sa.Column("parent_node", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name="pk_meeting_edge"),
    )
    op.create_index("ix_meeting_edge_parent_meeting_id", "meeting_edge", ["parent_meeting_id"])
    op.create_table(
        "log_seal",
        sa.Column("origin", sa.String(36), nullable=False),
        sa.Column("meeting_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("origin", "meeting_id", "epoch", "seq", name="pk_log_seal"),
    )
