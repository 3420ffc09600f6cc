"""The log of the meeting as it was filed: each fact in its chain, and the facts of the minutes drawn again from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from recordings.documents.dossier import FACTS, LOGS
from recordings.documents.package import safe_name
from recordings.minutes.correction import corrected
from recordings.minutes.course import fold
from recordings.minutes.locked import locked_facts
from recordings.minutes.names import Names
from recordings.strict_json import BadJson, read_json
from scheduler.meetings.meeting import Meeting
from scheduler.organization.unit import Unit
from scheduler.proceedings.chain import Defect, Head
from scheduler.proceedings.chain import verify as verify_chain
from scheduler.proceedings.errors import Malformed, UnknownType
from scheduler.proceedings.facts import Fact, LogId, RecordingSealed
from scheduler.proceedings.wire import fact_from_json

WORDS = {
    "missing": "thiếu sự kiện này", "doubled": "sự kiện bị lặp lại", "swapped": "sự kiện bị đổi chỗ",
    "altered": "nội dung sự kiện đã bị sửa", "replaced": "sự kiện này hoặc sự kiện trước nó đã bị thay",
    "personal_altered": "tên người trong sự kiện đã bị sửa", "foreign": "sự kiện của một cuộc họp khác",
    "cut_short": "diễn biến bị cắt từ đây",
}  # fmt: skip
NAMED = frozenset({
    "meeting", "organ", "chair", "secretary", "logs", "title", "site", "site_title", "presenter", "lead", "with", "by",
    "name", "post",
})  # fmt: skip
"""Keys that come from the directory, not from the log."""


def check_logs(logs: Mapping[str, bytes], facts: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it)"""
    if not logs:
        yield "dien-bien", "thiếu diễn biến cuộc họp"
        return
    heads = _heads(facts)
    if facts is not None and not heads:
        yield FACTS, "không ghi diễn biến kết thúc ở đâu"
    whole = True
    read: list[list[Fact]] = []
    for name, content in sorted(logs.items()):
        found, defects = _read(content, heads)
        for defect in [*defects, *_misplaced(name, found, read, facts)]:
            whole = False
            yield name, defect
        read.append(found)
    if whole and facts is not None:
        yield from _compare(sorted(read, key=_order), facts, heads)


def _order(log: list[Fact]) -> tuple[str, int]:
    return (log[0].log.origin, log[0].log.epoch) if log else ("", 0)


def _heads(facts: Mapping[str, Any] | None) -> dict[tuple[str, int], tuple[int, str]]:
    logs = facts.get("logs") if facts else None
    if not isinstance(logs, list) or not all(_is_head(log) for log in logs):
        return {}
    return {(log["origin"], log["epoch"]): (log["seq"], log["hash"]) for log in logs}


def _is_head(log: Any) -> bool:
    kinds = {"origin": str, "epoch": int, "seq": int, "hash": str}
    return isinstance(log, dict) and all(type(log.get(name)) is kind for name, kind in kinds.items())


def _misplaced(name: str, log: list[Fact], others: list[list[Fact]], facts: Mapping[str, Any] | None) -> Iterator[str]:
    """A whole log, but of another meeting, under another name, or there already."""
    if not log:
        return
    first = log[0].log
    if name != f"{LOGS}{safe_name(first.origin)}-{first.epoch}.jsonl":
        yield "tên tệp không phải của diễn biến này"
    if any(other and other[0].log == first for other in others):
        yield "diễn biến này có hai lần"
    meeting = facts.get("meeting") if facts else None
    if isinstance(meeting, dict) and meeting.get("id") != first.meeting_id:
        yield "diễn biến của một cuộc họp khác"


def sealed_in(logs: Mapping[str, bytes]) -> list[str]:
    """The SHA-256 of each recording that these logs say was sealed, in order."""
    bodies = [fact.body for _, content in sorted(logs.items()) for fact in _read_lines(content)[0]]
    return [body.sha256 for body in bodies if isinstance(body, RecordingSealed)]


def _read_lines(content: bytes) -> tuple[list[Fact], list[str]]:
    facts: list[Fact] = []
    broken: list[str] = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            facts.append(fact_from_json(read_json(line)))
        except (Malformed, UnknownType):
            broken.append(f"dòng {number} đã bị thay đổi, không đọc được")
        except BadJson as error:
            broken.append(f"dòng {number} đã bị thay đổi, không đọc được: {error.message}")
    return facts, broken


def _read(content: bytes, heads: Mapping[tuple[str, int], tuple[int, str]]) -> tuple[list[Fact], list[str]]:
    facts, broken = _read_lines(content)
    if not facts:
        return facts, broken or ["không có sự kiện nào"]
    log = facts[0].log
    end = heads.get((log.origin, log.epoch))
    head = Head(LogId(log.origin, log.meeting_id, log.epoch), *end) if end else None
    return facts, broken + [_words(defect) for defect in verify_chain(facts, head=head)]


def _words(defect: Defect) -> str:
    return f"sự kiện số {defect.seq}: {WORDS[defect.kind]}"


def _compare(
    logs: list[list[Fact]], facts: Mapping[str, Any], heads: Mapping[tuple[str, int], tuple[int, str]]
) -> Iterator[tuple[str, str]]:
    """Up to where the log stood when the minutes were made, it must give the facts that stand in them."""
    known = {(log[0].log.origin, log[0].log.epoch) for log in logs if log}
    for origin, epoch in heads:
        if (origin, epoch) not in known:
            yield f"dien-bien/{origin}-{epoch}.jsonl", "thiếu tệp diễn biến này"
            return
    cited = [
        fact for log in logs for fact in log if fact.seq <= heads.get((fact.log.origin, fact.log.epoch), (0, ""))[0]
    ]
    after, corrections = corrected(cited)
    drawn = locked_facts(fold(after), corrections, _no_names(), [])
    for path in _differences(_bare(json.loads(json.dumps(drawn))), _bare(facts), ""):
        yield FACTS, f"khác diễn biến cuộc họp ở mục {path}"


def _no_names() -> Names:
    meeting = Meeting(id="", title="", kind="", place="", starts_at=datetime(2000, 1, 1, tzinfo=UTC))
    return Names(meeting, Unit(organ_name="", notation="", place=""), None)


def _bare(value: Any, key: str = "") -> Any:
    """Without what the directory said; sites in a fixed order, as protocol order is the directory's."""
    if isinstance(value, dict):
        named = NAMED | {"sha256"} if key == "papers" else NAMED  # of a paper, from the plan
        kept = value if key in ("speaker", "deputy", "people") else {k: v for k, v in value.items() if k not in named}
        return {k: _bare(v, k) for k, v in kept.items()}
    if isinstance(value, list):
        items = [_bare(item, key) for item in value]
        return sorted(items, key=lambda item: str(item.get("site_id"))) if key in SITES else items
    return value


SITES = frozenset({"present", "excused", "absent"})


def _differences(drawn: Any, cited: Any, path: str) -> Iterator[str]:
    if isinstance(drawn, dict) and isinstance(cited, dict):
        for key in sorted(drawn.keys() | cited.keys()):
            yield from _differences(drawn.get(key), cited.get(key), f"{path}.{key}" if path else key)
    elif isinstance(drawn, list) and isinstance(cited, list) and len(drawn) == len(cited):
        for index, (left, right) in enumerate(zip(drawn, cited, strict=True), 1):
            yield from _differences(left, right, f"{path}[{index}]")
    elif drawn != cited:
        yield path
