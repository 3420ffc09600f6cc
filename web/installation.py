"""What an administrator may change while the service runs: name of the installation, sender, notation, retention."""

from __future__ import annotations

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.database import Base, ReadSession, WriteSession

DEFAULTS: dict[str, str] = {
    "name": "Giao Ban",
    "banner": "",  # "Dữ liệu minh họa – mô hình trước 01/7/2025"
    "demo": "",  # "1" on an installation filled with the demonstration organisation
    "mail_sender": "",  # empty: the one of the settings
    "support_phone": "",
    "notation_suffix": "",
    "retention_days": "",
}


class InstallationSetting(Base):
    __tablename__ = "installation_setting"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


async def read_installation(session: ReadSession | WriteSession) -> dict[str, str]:
    """Every value, with defaults for those never set."""
    rows = await session.execute(select(InstallationSetting.name, InstallationSetting.value))
    return DEFAULTS | {name: value for name, value in rows.all() if name in DEFAULTS}


async def write_installation(session: WriteSession, values: dict[str, str]) -> None:
    """Keep these values; names are those of ``DEFAULTS``."""
    for name, value in values.items():
        if name not in DEFAULTS:
            raise KeyError(name)
        await session.merge(InstallationSetting(name=name, value=value))
