"""What stands on the page of a Biên bản, part by part, as plain strings: one source for PDF, DOCX and HTML."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from recordings.minutes import clock
from recordings.minutes.locked import Facts
from recordings.minutes.text import Text

Form = dict[str, Any]
KINDS = {"giao_ban": "Cuộc họp", "hop_khan": "Cuộc họp", "hoi_nghi": "Hội nghị"}
FIELD_NAMES = {
    "at": "thời điểm", "head_count": "số người dự", "people": "danh sách người dự", "speaker": "người phát biểu",
    "reason": "lý do", "excused": "vắng có lý do", "deputy": "người dự thay", "text": "nội dung kết luận",
    "what": "nội dung nhiệm vụ", "due": "thời hạn", "lead_unit_id": "đơn vị chủ trì",
}  # fmt: skip


def number_text(number: str | None, notation: str) -> str:
    """``07/BB-UBND``; room for the number while there is none."""
    return f"{number}/{notation}" if number else f"{' ' * 10}/{notation}"


def default_notation(facts: Facts) -> str:
    return f"BB-{facts['organ']['notation']}"


def facts_sha256(facts: Facts) -> str:
    """Binds the signed page to the locked facts beside it in the dossier."""
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def minutes_form(facts: Facts, text: Text, number: str | None = None, notation: str | None = None) -> Form:
    """The whole page. The number is a form field in the PDF; here it is for DOCX and HTML."""
    meeting, kind = facts["meeting"], KINDS.get(facts["meeting"]["kind"], "Cuộc họp")
    return {
        "document_title": f"Biên bản {meeting['title']}",
        "keywords": _keywords(facts),
        "parent": facts["organ"]["parent"].upper(),
        "organ": facts["organ"]["name"].upper(),
        "number": number_text(number, notation or default_notation(facts)),
        "name": meeting["title"],
        "start": f"{clock.full(facts['started_at'])}." if facts["started_at"] else "",
        "place": f"{(meeting['place'] or 'Họp trực tuyến tại các điểm cầu').rstrip(' .')}.",
        "attendance": _attendance(facts["attendance"]),
        "chair": _chairs(facts),
        "secretary": f"{_person(facts['secretary'])}.",
        "opening": _lines(text.opening) + _pauses(facts),
        "items": [_item(index, item, text) for index, item in enumerate(facts["items"], 1)] + _outside(facts),
        "tasks": _tasks(facts),
        "corrections": [_correction(c) for c in facts["corrections"] if not c["is_void"]],
        "closing": _lines(text.closing),
        "recording": _recording(facts["recording"]),
        "end": f"{kind} kết thúc vào {clock.full(facts['ended_at'])}./." if facts["ended_at"] else "",
        "secretary_name": facts["secretary"]["name"],
        "chair_name": facts["chair"]["name"],
        "chair_post": facts["chair"]["post"].upper(),
        "recipients": list(text.recipients),
    }


def _keywords(facts: Facts) -> list[str]:
    """What a program finds on the signed page: the hashes of the facts, of the logs' ends and of the recording."""
    recording = (facts["recording"] or {}).get("sha256")
    found = [f"facts:{facts_sha256(facts)}", *(f"log:{log['hash']}" for log in facts["logs"])]
    return [*found, f"recording:{recording}"] if recording else found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _person(somebody: dict[str, str]) -> str:
    return ", ".join(part for part in (somebody["name"], somebody["post"]) if part)


def _attendance(attendance: dict[str, Any]) -> dict[str, Any]:
    present = attendance["present"]
    counts = [f"có mặt {len(present)}/{attendance['expected']} điểm cầu"]
    if attendance["people"]:
        counts.append(f"{attendance['people']} người dự")
    if attendance["excused"]:
        counts.append(f"vắng có lý do {len(attendance['excused'])}")
    if attendance["absent"]:
        counts.append(f"vắng không có lý do {len(attendance['absent'])}")
    return {
        "summary": ", ".join(counts) + ".",
        "present": [f"{index}. {_present(site)}" for index, site in enumerate(present, 1)],
        "excused": [f"- {_away(site)}" for site in attendance["excused"]],
        "absent": [f"- {_away(site)}" for site in attendance["absent"]],
    }


def _present(site: dict[str, Any]) -> str:
    people = [_person(person) for person in site["people"]]
    if site["deputy"]:
        people.insert(0, f"{_person(site['deputy'])} (dự thay)")
    notes = [f"{site['head_count']:02d} người"] if site["head_count"] else []
    if site["late_at"]:
        notes.append(f"vào họp lúc {clock.clock(site['late_at'])}")
    if site["left_at"]:
        notes.append(f"rời họp lúc {clock.clock(site['left_at'])}")
    head = _place(site) + (" (điểm cầu chủ tọa)" if site["is_chair_site"] else "")
    return head + (f" ({'; '.join(notes)})" if notes else "") + (f": {'; '.join(people)}." if people else ".")


def _place(site: dict[str, Any]) -> str:
    title = site["title"] or site["site"] or "Điểm cầu"
    return title[:1].upper() + title[1:]


def _away(site: dict[str, Any]) -> str:
    return _place(site) + (f": {site['reason']}." if site["reason"] else ".")


def _chairs(facts: Facts) -> str:
    if not facts["handovers"]:
        return _person(facts["chair"]) + "."
    later = "; ".join(f"từ {clock.clock(h['at'])}: {_person(h)}" for h in facts["handovers"])
    return f"{later}."


def _pauses(facts: Facts) -> list[str]:
    return [
        f"Tạm nghỉ từ {clock.clock(p['from'])} đến {clock.clock(p['to'])}{': ' + p['reason'] if p['reason'] else ''}."
        for p in facts["pauses"]
        if p["to"]
    ]


def _item(index: int, item: dict[str, Any], text: Text) -> dict[str, Any]:
    section = text.section(item["item_id"])
    return {
        "item_id": item["item_id"],
        "heading": f"{index}. {item['title'] or 'Nội dung'}",
        "course": _course(item),
        "papers": [_paper(paper) for paper in item["papers"] if paper["title"]],
        "speeches": [_speech(speech) for speech in item["speeches"]],
        "opinions": _lines(section.opinions),
        "conclusions": [line for c in item["conclusions"] for line in _lines(c["text"])] + _lines(section.conclusion),
    }


def _course(item: dict[str, Any]) -> str:
    if item["status"] == "postponed":
        return "Nội dung này được hoãn" + (f": {item['reason']}." if item["reason"] else ".")
    if not item["opened_at"]:
        return "Nội dung này chưa được xem xét tại cuộc họp."
    presenter = f"; người trình bày: {item['presenter']}" if item["presenter"] else ""
    until = f" đến {clock.clock(item['closed_at'])}" if item["closed_at"] else ""
    return f"(Từ {clock.clock(item['opened_at'])}{until}{presenter})"


def _paper(paper: dict[str, Any]) -> str:
    return f"Tài liệu trình chiếu: {paper['title']}."


def _speech(speech: dict[str, Any]) -> str:
    who = _person(speech["speaker"]) if speech["speaker"] else ""
    site = speech["site_title"]
    where = f"; bản ghi hình {clock.position(speech['recording_ms'])}" if speech["recording_ms"] is not None else ""
    name = f"{who} ({site})" if who and site else who or site[:1].upper() + site[1:]
    return f"- {name}, lúc {clock.clock(speech['started_at'])}, {clock.duration(speech['seconds'])}{where}."


def _outside(facts: Facts) -> list[dict[str, Any]]:
    """What was said and concluded outside any item of the agenda."""
    outside = facts["outside_items"]
    if not outside["speeches"] and not outside["conclusions"]:
        return []
    return [{
        "item_id": "", "heading": f"{len(facts['items']) + 1}. Nội dung khác", "course": "", "papers": [],
        "opinions": [], "speeches": [_speech(speech) for speech in outside["speeches"]],
        "conclusions": [line for c in outside["conclusions"] for line in _lines(c["text"])],
    }]  # fmt: skip


def _tasks(facts: Facts) -> list[list[str]]:
    tasks = [task for item in facts["items"] for task in item["tasks"]] + facts["outside_items"]["tasks"]
    return [
        [str(index), task["what"], task["lead"], ", ".join(task["with"]), clock.short_day(task["due"])]
        for index, task in enumerate(tasks, 1)
    ]


def _correction(c: dict[str, Any]) -> str:
    field = FIELD_NAMES.get(c["field"], c["field"])
    by = f" ({c['by']}, {clock.clock(c['at'])})" if c["by"] else ""
    return f"- Về {field}: “{_shown(c['old'])}” nay sửa là “{_shown(c['new'])}”. Lý do: {c['reason']}{by}."


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return _person({"name": str(value.get("name", "")), "post": str(value.get("post", ""))})
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value)
    if isinstance(value, bool):
        return "có" if value else "không"
    return str(value)


def _recording(recording: dict[str, Any] | None) -> str:
    if recording is None:
        return ""
    if not recording["sha256"]:
        return "Cuộc họp được ghi hình; bản ghi hình lưu trong hồ sơ cuộc họp."
    return f"Cuộc họp được ghi hình; bản ghi hình lưu trong hồ sơ cuộc họp, mã kiểm tra SHA-256: {recording['sha256']}."
