"""The locked facts: the course of the meeting with everything named, as JSON. Nobody writes these by hand.

They are kept with the minutes, shown beside the text, printed on the page and put into the dossier, where ``verify``
draws them again from the log and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recordings.minutes.correction import Correction
from recordings.minutes.course import Course, ItemCourse, SiteCourse, SpeechCourse, seconds
from recordings.minutes.names import Names
from scheduler.proceedings.chain import Head, instant
from scheduler.proceedings.facts import Somebody

Facts = dict[str, Any]
NO_ITEM = ""  # key of what was said outside any item


def ids_in(course: Course, corrections: Sequence[Correction]) -> tuple[set[str], set[str]]:
    """Persons and units that must be named."""
    persons = {course.chair_person_id, course.secretary_person_id}
    persons |= {handover["person_id"] for handover in course.handovers} | {c.by_person_id for c in corrections}
    units = {unit for task in course.tasks.values() for unit in (task["lead_unit_id"], *task["with_unit_ids"])}
    return {person for person in persons if person}, units


def locked_facts(course: Course, corrections: Sequence[Correction], names: Names, heads: Sequence[Head]) -> Facts:
    """Everything the minutes take from the proceedings."""
    meeting = names.meeting
    return {
        "meeting": {
            "id": meeting.id, "title": meeting.title, "kind": meeting.kind, "place": meeting.place,
            "planned_start": instant(meeting.starts_at),
        },
        "organ": {
            "parent": names.parent.organ_name if names.parent else "", "name": names.organ.organ_name,
            "notation": names.organ.notation, "organ_id": names.organ.organ_id or "", "place": names.organ.place,
        },
        "started_at": course.convened_at,
        "ended_at": course.adjourned_at,
        "pauses": course.pauses,
        "chair": _somebody(_chair(course, names, course.chair_person_id)),
        "handovers": [{"at": h["at"], **_somebody(_chair(course, names, h["person_id"]))} for h in course.handovers],
        "secretary": _somebody(names.person(course.secretary_person_id)),
        "attendance": _attendance(course, names),
        "items": [_item(course, item, names) for item in course.items.values()],
        "outside_items": {
            "speeches": _speeches(course, None, names), "conclusions": _conclusions(course, None),
            "tasks": _tasks(course, None, names),
        },
        "recording": _recording(course),
        "corrections": [_correction(correction, names) for correction in corrections],
        "logs": [{"origin": h.log.origin, "epoch": h.log.epoch, "seq": h.seq, "hash": h.hash} for h in heads],
    }  # fmt: skip


def _chair(course: Course, names: Names, person_id: str | None) -> Somebody:
    """One of a room below is not in the directory here."""
    return course.far_chairs.get(person_id or "") or names.person(person_id)


def _somebody(somebody: Somebody) -> dict[str, str]:
    return {"name": somebody.name, "post": somebody.post}


def _attendance(course: Course, names: Names) -> dict[str, Any]:
    sites = sorted(course.sites.values(), key=lambda site: _order(course, names, site.site_id))
    present = [_present(course, site, names) for site in sites if site.status == "present"]
    excused = [_away(site, names) for site in sites if site.status == "excused"]
    absent = [_away(site, names) for site in sites if site.status in ("absent", "unknown")]
    return {
        "present": present,
        "excused": excused,
        "absent": absent,
        "expected": len(sites),
        "people": sum(site["head_count"] for site in present),
    }


def _order(course: Course, names: Names, site_id: str) -> tuple[int, int, int, str]:
    """The chair's site first, then protocol order."""
    known = names.sites.get(site_id)
    return (0 if site_id == course.chair_site_id else 1, *(known.order if known else (9999, 0)), site_id)


def _place(site_id: str, names: Names) -> dict[str, str]:
    known = names.sites.get(site_id)
    return {"site_id": site_id, "title": known.title if known else "", "site": known.name if known else ""}


def _present(course: Course, site: SiteCourse, names: Names) -> dict[str, Any]:
    late = bool(site.first_seen_at and course.convened_at and seconds(course.convened_at, site.first_seen_at) >= 60)
    return {
        **_place(site.site_id, names),
        "is_chair_site": site.site_id == course.chair_site_id,
        "head_count": max(site.head_count or 0, len(site.people)),
        "people": [_somebody(person) for person in site.people],
        "deputy": _somebody(site.deputy) if site.deputy else None,
        "late_at": site.first_seen_at if late else None,
        "left_at": site.left_at,
    }


def _away(site: SiteCourse, names: Names) -> dict[str, Any]:
    return {**_place(site.site_id, names), "reason": site.reason}


def _item(course: Course, item: ItemCourse, names: Names) -> dict[str, Any]:
    planned = names.items.get(item.item_id)
    return {
        "item_id": item.item_id,
        "title": planned.title if planned else "",
        "presenter": planned.presenter_name if planned else "",
        "status": item.status,
        "reason": item.reason,
        "opened_at": item.openings[0][0] if item.openings else None,
        "closed_at": item.openings[-1][1] if item.openings else None,
        "seconds": round(sum(seconds(a, b) for a, b in item.openings if a and b)),
        "speeches": _speeches(course, item.item_id, names),
        "papers": [_paper(paper_id, shown, names) for paper_id, shown in item.papers.items()],
        "conclusions": _conclusions(course, item.item_id),
        "tasks": _tasks(course, item.item_id, names),
    }


def _speeches(course: Course, item_id: str | None, names: Names) -> list[dict[str, Any]]:
    return [_speech(speech, names) for speech in course.speeches.values() if speech.item_id == item_id]


def _speech(speech: SpeechCourse, names: Names) -> dict[str, Any]:
    site = names.sites.get(speech.site_id)
    return {
        "speech_id": speech.speech_id,
        "site_id": speech.site_id,
        "site_title": site.title if site else "",
        "speaker": _somebody(speech.speaker) if speech.speaker else None,
        "started_at": speech.started_at,
        "seconds": round(seconds(speech.started_at, speech.ended_at)) if speech.ended_at else 0,
        "recording_ms": speech.recording_ms,
    }


def _paper(paper_id: str, shown: dict[str, Any], names: Names) -> dict[str, Any]:
    paper = names.papers.get(paper_id)
    return {
        "paper_id": paper_id,
        "title": paper.title if paper else "",
        "sha256": paper.sha256 if paper else "",
        "shown_at": shown["shown_at"],
        "pages": sorted(shown["pages"]),
    }


def _conclusions(course: Course, item_id: str | None) -> list[dict[str, Any]]:
    return [{"id": c["id"], "text": c["text"]} for c in course.conclusions.values() if c["item_id"] == item_id]


def _tasks(course: Course, item_id: str | None, names: Names) -> list[dict[str, Any]]:
    return [
        {
            "id": task["id"],
            "what": task["what"],
            "lead": names.units.get(task["lead_unit_id"], ""),
            "with": [names.units.get(unit_id, "") for unit_id in task["with_unit_ids"]],
            "due": task["due"],
        }
        for task in course.tasks.values()
        if task["item_id"] == item_id
    ]


def _recording(course: Course) -> dict[str, Any] | None:
    if course.recording_id is None:
        return None
    return {
        "id": course.recording_id,
        "sha256": course.recording_sha256,
        "duration_ms": course.recording_duration_ms,
    }


def _correction(correction: Correction, names: Names) -> dict[str, Any]:
    return {
        "fact_id": correction.fact_id, "type": correction.type, "field": correction.field, "old": correction.old,
        "new": correction.new, "reason": correction.reason, "at": correction.at,
        "by": names.person(correction.by_person_id).name, "is_void": correction.is_void,
    }  # fmt: skip
