"""What of the draft can be commented on, paragraph by paragraph: the text written by hand and, above it, what the
system recorded (a comment there asks for an Đính chính)."""

from __future__ import annotations

from dataclasses import dataclass

from recordings.minutes.form import minutes_form
from recordings.minutes.locked import Facts
from recordings.minutes.revise import parts_of
from recordings.minutes.text import Text

RECIPIENTS = "recipients"


@dataclass(frozen=True, slots=True)
class Part:
    """``name`` is that of ``revise.Change.part``, or "attendance", or an item's id for what was recorded of it."""

    name: str
    item_id: str
    lines: tuple[str, ...]


def parts(facts: Facts, text: Text) -> list[Part]:
    """In the order of the page; parts with nothing in them are left out."""
    form, written = minutes_form(facts, text), parts_of(text)
    attendance = form["attendance"]
    people = [attendance["summary"], *attendance["present"], *attendance["excused"], *attendance["absent"]]
    found = [Part("attendance", "", tuple(people)), _written("opening", "", written)]
    for item in form["items"]:
        item_id = item["item_id"]
        recorded = [item["course"], *item["papers"], *item["speeches"], *item["conclusions"]]
        found.append(Part(item_id or "outside", item_id, tuple(line for line in recorded if line)))
        found += [_written(f"{item_id}.{kind}", item_id, written) for kind in ("opinions", "conclusion")]
    found += [_written("closing", "", written), _written(RECIPIENTS, "", written)]
    return [part for part in found if part.lines]


def _written(name: str, item_id: str, written: dict[str, str]) -> Part:
    return Part(name, item_id, tuple(line.strip() for line in written.get(name, "").split("\n") if line.strip()))
