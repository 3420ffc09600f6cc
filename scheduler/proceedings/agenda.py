"""Rules of the agenda: items opened, closed, postponed; the order amended; papers shown."""

from __future__ import annotations

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import MAX_REASON, Case, check
from scheduler.proceedings.errors import Refused


def open_item(case: Case, command: c.OpenItem) -> list[f.Body]:
    item = case.item(command.item_id)
    check(item.status != "open", item.item_id, "already")
    current = case.state.current_item_id
    closed: list[f.Body] = [f.ItemClosed(current)] if current is not None else []
    return [*closed, f.ItemOpened(command.item_id)]


def close_item(case: Case, command: c.CloseItem) -> list[f.Body]:
    item = case.item(command.item_id)
    check(item.status == "open", f"{item.item_id} is {item.status}", "already")
    return [f.ItemClosed(command.item_id)]


def postpone_item(case: Case, command: c.PostponeItem) -> list[f.Body]:
    item = case.item(command.item_id)
    check(item.status in ("waiting", "open"), f"{item.item_id} is {item.status}", "already")
    check(len(command.reason) <= MAX_REASON, "reason")
    return [f.ItemPostponed(command.item_id, command.reason.strip())]


def amend_agenda(case: Case, command: c.AmendAgenda) -> list[f.Body]:
    """Items may be put in another order, added from the plan, and dropped as long as they were not touched."""
    wanted = command.item_ids
    check(len(set(wanted)) == len(wanted) and bool(wanted), "item_ids: each once")
    known = {item.item_id for item in case.state.items} | set(case.plan.item_ids)
    for item_id in wanted:
        check(item_id in known, item_id, "unknown_item")
    for item in case.state.items:
        check(item.item_id in wanted or item.status == "waiting", f"{item.item_id} is {item.status}")
    check(tuple(item.item_id for item in case.state.items) != wanted, "order", "already")
    return [f.AgendaAmended(wanted)]


def show_paper(case: Case, command: c.ShowPaper) -> list[f.Body]:
    if command.paper_id is None:
        check(case.state.paper is not None, "no paper", "already")
        return [f.PaperShown(None)]
    if command.paper_id not in case.plan.papers:
        raise Refused("bad_arguments", detail=f"no paper {command.paper_id}")
    pages = case.plan.papers[command.paper_id]
    check(1 <= command.page <= (pages or 10_000), f"page: 1–{pages}")
    shown = case.state.paper
    same = shown is not None and (shown.paper_id, shown.page) == (command.paper_id, command.page)
    check(not same, "same page", "already")
    return [f.PaperShown(command.paper_id, command.page)]
