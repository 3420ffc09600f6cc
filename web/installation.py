"""What an administrator may change while the service runs: the keys, their types and what they are when never set."""

from __future__ import annotations

from typing import Any

from scheduler.database import ReadSession, WriteSession
from scheduler.organization.installation import read_settings

DEFAULTS: dict[str, Any] = {
    "name": "Giao Ban",
    "banner": "",  # "Dữ liệu minh họa – mô hình trước 01/7/2025"
    "demo": False,
    "mail_sender": "",  # empty: the one of the settings
    "support_phone": "",
    "line_down_kbps": None,  # of this installation, towards the network of its sites; None: nobody has said
    "line_up_kbps": None,
}


async def read_installation(session: ReadSession | WriteSession) -> dict[str, Any]:
    """Every value, with defaults for those never set."""
    return DEFAULTS | await read_settings(session)
