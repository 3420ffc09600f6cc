"""Who presides while a room is cut off from the one above: its chair if he is here, else his deputy. Pure rules.

A room's chair often sits in the room above. When the link is lost and he is not here, the deputy whom the plan names
takes the chair, as soon as he is here; when the link is back, or the chair comes in, it is the chair's again. The
same goes for a room whose chair is lent to a room below, when the link to that one is lost (``far_chair``).
"""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.far_chair import in_place_of_far
from scheduler.proceedings.plan import Plan
from scheduler.proceedings.state import State


def who_presides(state: State, plan: Plan, here: Mapping[str, str | None]) -> list[f.Body]:
    """What changes now; ``here``: persons in the room → the site they sit at."""
    if state.stage not in ("testing", "convened", "suspended"):
        return []
    if state.far_chair is not None:
        return in_place_of_far(state, state.far_chair, plan, here)
    above = link_above(state)
    is_cut_off = above is not None and above.status == "lost"
    absent = state.absent_chair
    if absent is not None and (not is_cut_off or absent.person_id in here):
        return [f.ChairResumed(absent.person_id, absent.site_id)]
    deputy = plan.deputy_person_id
    if above is None or not is_cut_off or absent is not None or state.chair_person_id in here or deputy not in here:
        return []
    if deputy is None or deputy == state.chair_person_id:
        return []
    return [f.DeputyPresided(deputy, here[deputy] or plan.chair_site_id, above.meeting_id)]
