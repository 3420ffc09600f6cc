"""Vietnam's time and the way people write it: 08:30 ngày 05/11/2026."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE_NAME = "Asia/Ho_Chi_Minh"
ZONE = ZoneInfo(ZONE_NAME)
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def local(instant: datetime) -> datetime:
    """The instant on Vietnam's clock."""
    return instant.astimezone(ZONE)


def local_date(instant: datetime) -> date:
    return local(instant).date()


def written_date(instant: datetime) -> str:
    """05/11/2026"""
    return f"{local(instant):%d/%m/%Y}"


def written(instant: datetime) -> str:
    """08:30 thứ Năm, ngày 05/11/2026"""
    moment = local(instant)
    return f"{moment:%H:%M} {_WEEKDAYS[moment.weekday()]}, ngày {moment:%d/%m/%Y}"
