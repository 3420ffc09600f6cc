"""recordings and their segments"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scheduler.database import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("meeting_id", sa.String(36), sa.ForeignKey("meeting.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("stopped_at", Instant),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("sha256", sa.String(64)),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("contents_json", sa.Text, nullable=False),
        sa.Column("keep_until", Instant),
        sa.Column("deleted_at", Instant),
    )
    op.create_index("ix_recording_meeting_id", "recording", ["meeting_id"])
    op.create_table(
        "recording_segment",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("recording_id", sa.String(36), sa.ForeignKey("recording.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("start_ms", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("recording_id", "number", name="uq_recording_segment_recording_id"),
    )
