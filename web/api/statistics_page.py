"""The page of a room's lines, for who helps at the telephone: tables that any browser shows, no script.

It renews itself when asked to: whoever reads it with a screen reader, or is about to press a button, is left in peace.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from web.api.call import Json

REFRESH_S = 2

WORDS = {
    "vi": {
        "title": "Đường truyền của phòng họp",
        "renew": "Tự làm mới mỗi 2 giây",
        "stop_renewing": "Dừng tự làm mới",
        "nobody": "Chưa có ai trong phòng, hoặc tiến trình hình tiếng chưa trả lời.",
        "worker": "Tiến trình hình tiếng {}",
        "captures": "Gói tin đã ghi lại để hỗ trợ",
        "none": "Chưa ghi lần nào.",
        "capture": "Ghi gói tin",
        "whole": "cả nội dung",
        "stop": "Dừng ghi",
        "act": "Hỗ trợ",
        "file": "Tệp",
        "begun": "Bắt đầu (UTC)",
        "bytes": "Dung lượng, byte",
        "site": "Điểm cầu",
        "role": "Vai trò",
        "step": "Mức hình",
        "estimate": "Đường truyền ước tính, kbit/s",
        "queue_ms": "Hàng đợi, ms",
        "rtt_ms": "Đi và về, ms",
        "loss_in": "Mất khi gửi lên, %",
        "loss_out": "Mất khi nhận về, %",
        "bitrate_in": "Gửi lên, kbit/s",
        "bitrate_out": "Nhận về, kbit/s",
        "frozen_ms": "Hình đứng, giây",
        "layers": "Luồng gửi lên, kbit/s",
        "roles": {"chair": "Chủ tọa", "secretary": "Thư ký", "site": "Điểm cầu", "technician": "Kỹ thuật"},
        "steps": {
            "full": "đầy đủ",
            "medium": "hình vừa",
            "small": "hình nhỏ",
            "slow": "hình chậm",
            "still": "ảnh tĩnh",
            "slides": "chỉ tài liệu và tiếng",
            "audio": "chỉ tiếng",
            "text": "chỉ chữ",
        },
        "sources": {"microphone": "micro", "camera": "camera", "presentation": "trình chiếu"},
    },
    "en": {
        "title": "Lines of the room",
        "renew": "Renew every 2 seconds",
        "stop_renewing": "Stop renewing",
        "nobody": "Nobody is in the room yet, or the media worker has not answered.",
        "worker": "Media worker {}",
        "captures": "Packets captured for support",
        "none": "None so far.",
        "capture": "Capture packets",
        "whole": "with payload",
        "stop": "Stop",
        "act": "Support",
        "file": "File",
        "begun": "Begun (UTC)",
        "bytes": "Size, bytes",
        "site": "Site",
        "role": "Role",
        "step": "Picture",
        "estimate": "Line estimated, kbit/s",
        "queue_ms": "Queue, ms",
        "rtt_ms": "Round trip, ms",
        "loss_in": "Lost going up, %",
        "loss_out": "Lost coming down, %",
        "bitrate_in": "Up, kbit/s",
        "bitrate_out": "Down, kbit/s",
        "frozen_ms": "Frozen, s",
        "layers": "Streams going up, kbit/s",
        "roles": {"chair": "Chair", "secretary": "Secretary", "site": "Site", "technician": "Technician"},
        "steps": {},
        "sources": {},
    },
}
COLUMNS = ("site", "role", "step", "estimate", "queue_ms", "rtt_ms", "loss_in", "loss_out", "bitrate_in", "bitrate_out",
           "frozen_ms", "layers")  # fmt: skip
SCALES = {"estimate": 1e-3, "rtt_ms": 1, "queue_ms": 1, "loss_in": 100, "loss_out": 100, "bitrate_in": 1e-3,
          "bitrate_out": 1e-3, "frozen_ms": 1e-3}  # fmt: skip


class Capture(NamedTuple):
    """One that runs or is over; ``begun``: hh:mm:ss in UTC."""

    id: str
    begun: str
    size: int


class Buttons(NamedTuple):
    """What an administrator may press: ``csrf`` goes with each form."""

    csrf: str
    captures: tuple[Capture, ...]
    folder: str  # where captures are fetched from


def statistics_page(found: Json, language: str, buttons: Buttons | None, *, renews: bool) -> str:
    """HTML of what ``GET …/stats`` tells; without ``buttons`` nothing can be pressed."""
    words = WORDS.get(language, WORDS["en"])
    lines = _lines(found["peers"], words, buttons) if found["peers"] else f"<p>{words['nobody']}</p>"
    link = f'<a href="?">{words["stop_renewing"]}</a>' if renews else f'<a href="?renew">{words["renew"]}</a>'
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/plain.css">'
        f"<title>{words['title']} – Giao Ban</title><main><h1>{words['title']}</h1><p>{link}</p>{lines}"
        f"{_worker(found, words)}{_captures(buttons, words) if buttons else ''}</main></html>"
    )


def _lines(peers: list[Json], words: Json, buttons: Buttons | None) -> str:
    heads = [words[name] for name in COLUMNS] + ([words["act"]] if buttons else [])
    rows = ""
    for peer in peers:
        cells = "".join(_cell(name, peer[name], words) for name in COLUMNS)
        act = f"<td>{_form(buttons, 'peer', peer['peer'], words['capture'], words['whole'])}" if buttons else ""
        rows += f"<tr>{cells}{act}"
    return _table(heads, rows)


def _worker(found: Json, words: Json) -> str:
    if not found["worker"]:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}<td class="number">{value:,.6g}'
        for name, value in sorted(found["worker"].items())
    )
    return f"<h2>{words['worker'].format(escape(found['worker_name'] or '–'))}</h2><table>{rows}</table>"


def _captures(buttons: Buttons, words: Json) -> str:
    rows = "".join(
        f'<tr><td><a href="{escape(buttons.folder)}/{one.id}.pcap">{one.id}.pcap</a><td>{one.begun}'
        f'<td class="number">{one.size:,}<td>{_form(buttons, "stop", one.id, words["stop"])}'
        for one in buttons.captures
    )
    heads = [words["file"], words["begun"], words["bytes"], words["act"]]
    return f"<h2>{words['captures']}</h2>{_table(heads, rows) if rows else '<p>' + words['none'] + '</p>'}"


def _table(heads: list[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{name}' for name in heads)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}<tbody>{rows}</table></div>'


def _form(buttons: Buttons, name: str, value: str, label: str, choice: str = "") -> str:
    """To this page, as it has no script."""
    hidden = f'<input type="hidden" name="csrf" value="{buttons.csrf}">'
    box = f'<label><input type="checkbox" name="whole"> {choice}</label> ' if choice else ""
    return f'<form method="post">{hidden}{box}<button name="{name}" value="{escape(value)}">{label}</button></form>'


def _cell(name: str, value: object, words: Json) -> str:
    if value is None:
        return "<td>–"
    if isinstance(value, dict):
        return f"<td>{escape(', '.join(f'{_source(one, words)} {bits // 1000}' for one, bits in value.items()))}"
    if name in SCALES and isinstance(value, int | float):
        return f'<td class="number">{round(value * SCALES[name], 1):g}'
    return f"<td>{escape(str(words.get(name + 's', {}).get(value, value)))}"


def _source(name: str, words: Json) -> str:
    """``camera:q`` and the like: the source, and the layer as it is named on the wire."""
    source, colon, layer = name.partition(":")
    return str(words["sources"].get(source, source)) + (f" {layer}" if colon else "")
