"""What the archive's picture shows when: titles in the strip, a paper or shared screen beside the program. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from recordings.capture.chapters import GAP_TITLE, Chapter, Names
from recordings.capture.layout import Layout, layout
from recordings.capture.scan import Seen
from recordings.capture.timeline import Interval, Timeline

Show = Literal["program", "paper", "presentation", "gap"]
CAUSES = {"disk": "máy chủ hết chỗ lưu", "worker": "máy chủ truyền hình ngừng rồi chạy lại"}


@dataclass(frozen=True, slots=True)
class Scene:
    """From ``start_ms`` until the next scene the picture is made like this."""

    start_ms: int
    show: Show
    title: str = ""  # of the agenda item
    speaker: str = ""  # site and name
    paper_id: str | None = None
    page: int = 1
    notice: str = ""  # on the slate of a gap

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def layout(self, width: int = 1280, height: int = 720) -> Layout:
        """The places in an archive of this size."""
        return layout(self.show in ("paper", "presentation"), width, height)


def scenes(
    timeline: Timeline,
    chapters: Sequence[Chapter],
    papers: Sequence[dict[str, Any]],
    presented: Sequence[Interval],
    seen: Sequence[Seen],
    names: Names,
    zone: str = "Asia/Ho_Chi_Minh",
) -> list[Scene]:
    """The scenes from 0 to the end; neighbours differ."""
    shared = [(timeline.place_ms(share.start_ns), timeline.place_ms(share.end_ns)) for share in presented]
    on_air = [(timeline.place_ms(one.at_ns), names.site(one.label)) for one in seen if one.source == "program"]
    on_air.sort(key=lambda entry: entry[0])
    notices = {
        gap.start_ns // 1_000_000: _notice(gap.wall_ns, gap.wall_length_ns, gap.cause, zone) for gap in timeline.spans
    }
    edges = {0, *(edge for share in shared for edge in share), *(at for at, _ in on_air)}
    edges |= {edge for chapter in chapters for edge in (chapter.start_ms, chapter.end_ms)}
    edges |= {paper["start_ms"] for paper in papers}
    found: list[Scene] = []
    for edge in sorted(edge for edge in edges if edge < timeline.duration_ms):
        scene = _scene(edge, chapters, papers, shared, on_air, notices)
        if not found or asdict(found[-1]) | {"start_ms": edge} != asdict(scene):
            found.append(scene)
    return found


def scene_at(found: Sequence[Scene], at_ms: int) -> Scene:
    """The scene of this millisecond: ``scene_at(…).layout().video`` is where the program's picture stands."""
    return found[max(0, bisect_right(found, at_ms, key=lambda scene: scene.start_ms) - 1)]


def _scene(
    at_ms: int,
    chapters: Sequence[Chapter],
    papers: Sequence[dict[str, Any]],
    shared: Sequence[tuple[int, int]],
    on_air: Sequence[tuple[int, str]],
    notices: dict[int, str],
) -> Scene:
    now = {chapter.kind: chapter for chapter in chapters if chapter.start_ms <= at_ms < chapter.end_ms}
    title = now["item"].title if "item" in now else ""
    if "gap" in now:
        return Scene(at_ms, "gap", title, "", notice=notices.get(now["gap"].start_ms, ""))
    speaker = now["speech"].title if "speech" in now else _last(on_air, at_ms, "")
    if any(start <= at_ms < end for start, end in shared):
        return Scene(at_ms, "presentation", title, speaker)
    paper = _last([(paper["start_ms"], paper) for paper in papers], at_ms, None)
    if paper is not None and paper["paper_id"] is not None:
        return Scene(at_ms, "paper", title, speaker, paper["paper_id"], paper["page"])
    return Scene(at_ms, "program", title, speaker)


def _last(entries: Sequence[tuple[int, Any]], at_ms: int, default: Any) -> Any:
    """The value of the last entry that has begun."""
    index = bisect_right(entries, at_ms, key=lambda entry: entry[0])
    return entries[index - 1][1] if index else default


def _notice(wall_ns: int, length_ns: int, cause: str, zone: str) -> str:
    start, end = (datetime.fromtimestamp(ns / 1e9, ZoneInfo(zone)) for ns in (wall_ns, wall_ns + length_ns))
    reason = CAUSES.get(cause, "")
    return f"{GAP_TITLE} từ {start:%H:%M:%S} đến {end:%H:%M:%S}" + (f": {reason}" if reason else "")
