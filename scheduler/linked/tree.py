"""The tree of rooms of a linked meeting, from the tree of units: any number of levels, all from data. Pure.

Every hosting unit has a room; its room hangs below the room of the nearest hosting unit above it, and a site attaches
to the room of its nearest hosting unit. What lies beside the convening unit's own tree attaches to the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Branch:
    """A room: the unit that hosts it, the sites that attach to it, and the rooms directly below."""

    unit_id: str
    site_ids: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()

    def walk(self) -> Iterator[tuple[Branch | None, Branch]]:
        """Every branch with the one above it, from the top down."""
        waiting: list[tuple[Branch | None, Branch]] = [(None, self)]
        while waiting:
            above, branch = waiting.pop(0)
            yield above, branch
            waiting.extend((branch, below) for below in branch.branches)

    @property
    def levels(self) -> int:
        """How many rooms lie on the longest way down, this one included."""
        return 1 + max((below.levels for below in self.branches), default=0)

    @property
    def site_count(self) -> int:
        """Sites in this room and in all below."""
        return len(self.site_ids) + sum(below.site_count for below in self.branches)


def nearest_host(unit_id: str, hosts: frozenset[str], parents: Mapping[str, str | None], root: str) -> str:
    """The hosting unit at or above this one; the root when there is none. A loop in the units ends at the root."""
    seen: set[str] = set()
    step: str | None = unit_id
    while step is not None and step not in seen:
        if step == root or step in hosts:
            return step
        seen.add(step)
        step = parents.get(step)
    return root


def grow(
    root: str, hosts: Iterable[str], sites: Iterable[tuple[str, str]], parents: Mapping[str, str | None]
) -> Branch:
    """The tree below ``root``: hosting units and (site, its unit) in protocol order; ``parents``: unit → unit above."""
    ordered = [host for host in dict.fromkeys(hosts) if host != root]
    hosting = frozenset(ordered)
    above = {host: nearest_host(parents.get(host) or root, hosting - {host}, parents, root) for host in ordered}
    below: dict[str, list[str]] = {}
    for host in ordered:
        below.setdefault(above[host] if _reaches(root, host, above) else root, []).append(host)
    attached: dict[str, list[str]] = {}
    for site_id, unit_id in dict.fromkeys(sites):
        attached.setdefault(nearest_host(unit_id, hosting, parents, root), []).append(site_id)
    return _branch(root, below, attached)


def _reaches(root: str, host: str, above: Mapping[str, str]) -> bool:
    """Hosts that lie in a circle of units hang below the root, so that none is lost."""
    step = host
    for _ in above:
        step = above.get(step, root)
        if step == root:
            return True
    return False


def _branch(unit_id: str, below: Mapping[str, list[str]], attached: Mapping[str, list[str]]) -> Branch:
    rooms = tuple(_branch(child, below, attached) for child in below.get(unit_id, []))
    return Branch(unit_id, tuple(attached.get(unit_id, ())), rooms)
