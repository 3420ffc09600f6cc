"""A case: a command's circumstances as the rules see them, and the questions all rules ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scheduler.proceedings.errors import Refused
from scheduler.proceedings.facts import Body, FloorRevoked
from scheduler.proceedings.plan import Participant, Plan
from scheduler.proceedings.state import Item, Merged, Request, SiteState, State

MAX_NAME = 200
MAX_REASON = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """Who asks, when, in which state; ``new_id`` gives fresh ids."""

    state: State
    actor: Participant
    now: datetime
    plan: Plan
    new_id: Callable[[], str]

    @property
    def chair_person_id(self) -> str:
        """Who chairs: as the log says, before it begins as planned."""
        return self.state.chair_person_id or self.plan.chair_person_id

    @property
    def is_chair(self) -> bool:
        return self.actor.role != "hall" and self.actor.person_id == self.chair_person_id

    @property
    def is_secretary(self) -> bool:
        secretary = self.state.secretary_person_id or self.plan.secretary_person_id
        return self.actor.role != "hall" and self.actor.person_id == secretary

    @property
    def leads(self) -> bool:
        """The chair, or the secretary on his behalf."""
        return self.is_chair or self.is_secretary

    @property
    def is_site(self) -> bool:
        """A site that takes part, not the one the meeting is led from."""
        return self.actor.role == "site" and self.actor.site_id in self.state.sites

    @property
    def has_floor(self) -> bool:
        floor = self.state.floor
        return self.actor.role in ("site", "chair") and floor is not None and floor.site_id == self.actor.site_id

    def site(self, site_id: str | None) -> SiteState:
        if site_id is None or site_id not in self.state.sites:
            raise Refused("unknown_site", detail=str(site_id))
        return self.state.sites[site_id]

    def site_here(self, site_id: str | None) -> SiteState:
        site = self.site(site_id)
        if site.connection_id is None:
            raise Refused("not_present", detail=site.site_id)
        return site

    def item(self, item_id: str) -> Item:
        for item in self.state.items:
            if item.item_id == item_id:
                return item
        raise Refused("unknown_item", detail=item_id)

    def request(self, request_id: str) -> Request:
        for request in self.state.queue:
            if request.request_id == request_id:
                return request
        raise Refused("unknown_request", detail=request_id)

    def asked(self, request_id: str) -> Request | Merged:
        """One that stands in the queue, or that another one there speaks for."""
        for request in self.state.queue:
            for one in request.everybody:
                if one.request_id == request_id:
                    return one
        raise Refused("unknown_request", detail=request_id)

    def end_of_speech(self) -> list[Body]:
        """Whoever has the floor gives it up first."""
        return [FloorRevoked(self.state.floor.speech_id)] if self.state.floor else []


def check(holds: bool, detail: str, code: str = "bad_arguments") -> None:
    """Refuse unless it holds; ``detail`` says what is wrong."""
    if not holds:
        raise Refused(code, detail=detail)


def check_text(text: str, limit: int, what: str) -> str:
    """The text without blanks around it; refused when empty or too long."""
    stripped = text.strip()
    check(0 < len(stripped) <= limit, f"{what}: 1–{limit}")
    return stripped
