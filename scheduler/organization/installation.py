"""What an installation says of itself: its name, whether it is a demonstration, and settings an administrator edits."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, ReadSession, WriteSession
from scheduler.organization.unit import Unit


class InstallationSetting(Base):
    __tablename__ = "installation_setting"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # "name", "demo", "banner", "mail_sender" …
    value_json: Mapped[str] = mapped_column(Text)


async def read_settings(session: ReadSession | WriteSession) -> dict[str, Any]:
    """All settings by key."""
    rows = (await session.scalars(select(InstallationSetting))).all()
    return {row.key: json.loads(row.value_json) for row in rows}


async def write_settings(session: WriteSession, values: dict[str, Any]) -> None:
    """Set these keys, keep the others. The caller has asked ``permissions.may_see_settings``."""
    for key, value in values.items():
        await session.merge(InstallationSetting(key=key, value_json=json.dumps(value, ensure_ascii=False)))
    await session.flush()


async def is_empty(session: ReadSession | WriteSession) -> bool:
    """True for a database in which no unit was ever made."""
    return (await session.scalar(select(Unit.id).limit(1))) is None
