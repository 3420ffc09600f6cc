"""Times as they are written in documents: Vietnam's zone (UTC+7, no summer time), numbers below ten with a zero."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def local(at: str | datetime) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(VIETNAM)


def hour(at: str | datetime) -> str:
    """08 giờ 05"""
    return local(at).strftime("%H giờ %M")


def clock(at: str | datetime) -> str:
    """08:05"""
    return local(at).strftime("%H:%M")


def full(at: str | datetime) -> str:
    """08 giờ 05 phút, ngày 05 tháng 11 năm 2026"""
    return f"{hour(at)} phút, {day(local(at).date())}"


def day(date_: date) -> str:
    """ngày 05 tháng 11 năm 2026; months 1 and 2 padded, the others not (NĐ 30)."""
    month = f"{date_.month:02d}" if date_.month < 3 else str(date_.month)
    return f"ngày {date_.day:02d} tháng {month} năm {date_.year}"


def short_day(text: str | None) -> str:
    """05/11/2026 of an ISO date."""
    if not text:
        return ""
    try:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text


def duration(seconds: int) -> str:
    """4 phút 05 giây"""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} phút {rest:02d} giây" if minutes else f"{rest} giây"


def position(milliseconds: int) -> str:
    """1:02:03 into the recording"""
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
