"""A meeting over four levels, each an installation of its own: the floor goes to a village and back, a line is cut.

Nothing is replaced: four times the product's processes, linked as administrators link them, planned and led over the
API and the rooms' sockets; two people send and receive pictures and tones. The lines are a network of the test's own.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scheduler.organization.demonstration import demo_id
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import verify
from scheduler.proceedings.state import Link
from tests.levels import TITLE, Level, cut, ends, plan, start_levels
from tests.media import tone
from tests.own_network import OwnNetwork, own_network
from tests.recordings.capture.media import decode_pictures, decode_sound, read_code
from tests.replaying import replay_of
from tests.returning import Returning
from tests.site_in_room import samples_of
from tests.story import until
from tests.talking import all_talk
from tests.web import conftest as web
from tests.wrong_clock import wrong_by
from web.visiting.seat import Refused
from web.visiting.visitor import Visitor

filled_sqlite = web.filled_sqlite  # the fixture
CHAIR, VILLAGE, LEADER, COMMUNE = 30, 1, 12, 7  # numbers in pictures and tones
LEVELS = [("central", "trunguong"), ("province", "tinh"), ("district", "quanba"), ("commune", "tamson.quanba")]
WRONG_S = 90  # ahead: the district's clock
LATE_S = 1.0  # after a speech what was sent in it is still shown
AFTER_S = 4.0  # after the line is back, the upper room's chair is on air everywhere
FRAMES = 4  # so many pictures are waited for where a recording must have some
BESIDE = "thanhvan.quanba"  # another commune, whose site sits in the district's room


@dataclass
class People:
    """Who is in which room; ``chair`` of the highest, ``beside`` and ``village`` in the lowest are at a camera."""

    desks: dict[str, Returning] = field(default_factory=dict)
    chair: Returning = field(init=False)
    deputy: Returning = field(init=False)  # of the district; its chair sits in the room above
    beside: Returning = field(init=False)
    village: Returning = field(init=False)
    village_id: str = ""
    beside_id: str = demo_id(f"site:{BESIDE}")


@dataclass
class Story:
    levels: list[Level]
    network: OwnNetwork
    stack: AsyncExitStack
    people: People = field(default_factory=People)
    drafts: dict[str, str] = field(default_factory=dict)  # of the minutes

    @property
    def central(self) -> Level:
        return self.levels[0]

    @property
    def province(self) -> Level:
        return self.levels[1]

    @property
    def district(self) -> Level:
        return self.levels[2]

    @property
    def commune(self) -> Level:
        return self.levels[3]

    async def enter(self, level: Level, visitor: Visitor, number: int | None = None) -> Returning:
        samples = None if number is None else samples_of(number)
        return await self.stack.enter_async_context(Returning(visitor, level.meeting_id, samples))


@pytest.mark.installation
async def test_a_meeting_over_four_levels(tmp_path: Path, filled_sqlite: Path) -> None:
    asyncio.get_running_loop().set_debug(False)
    with own_network() as network:
        async with AsyncExitStack() as stack:
            settings = [
                (name, unit, wrong_by(WRONG_S, tmp_path) if name == "district" else {}) for name, unit in LEVELS
            ]
            levels = await start_levels(stack, tmp_path, filled_sqlite, settings)
            story = Story(levels, network, stack)
            await plan(levels, ["tamson.quanba", BESIDE])
            await the_village_is_invited(story)
            await the_district_names_a_deputy(story)
            await rooms_open_from_above(story)
            await the_floor_goes_to_the_village_and_back(story)
            await two_requests_go_up_as_one_and_both_are_answered(story)
            await the_chair_goes_two_levels_down_and_back(story)
            await a_line_is_cut_and_both_sides_go_on(story)
            await it_is_joined_again(story)
            await each_level_is_killed_in_turn(story)
            await it_ends_and_every_room_has_its_papers(story)


async def the_village_is_invited(story: Story) -> None:
    """The lowest room is its own people's: they add a site of their own."""
    commune = story.commune
    keeper, desk = await commune.person("quantri"), await commune.secretary()
    unit_id = demo_id(f"unit:{commune.unit}")
    house = {"name": "Nhà văn hóa thôn Nà Chang", "email": "thon@example.vn", "technician_phone": "0219 000"}
    made = await keeper.post(f"/api/units/{unit_id}/sites", house)
    story.people.village_id = made["id"]
    meeting = await desk.get(f"/api/meetings/{commune.meeting_id}")
    assert meeting["parent"]["host_title"] == "huyện Quản Bạ"
    sites = [site["site_id"] for site in meeting["sites"]]
    changed = {"title": meeting["title"], "version": meeting["version"], "site_ids": [*sites, made["id"]]}
    await desk.put(f"/api/meetings/{commune.meeting_id}", changed)


async def the_district_names_a_deputy(story: Story) -> None:
    desk, path = await story.district.secretary(), f"/api/meetings/{story.district.meeting_id}"
    meeting = await desk.get(path)
    changed = {"title": meeting["title"], "version": meeting["version"], "deputy_person_id": deputy_id(story)}
    await desk.put(path, changed)


def deputy_id(story: Story) -> str:
    return demo_id(f"person:phochutich.{story.district.unit}")


async def rooms_open_from_above(story: Story) -> None:
    """Opened and convened once, at the top: every room below follows the log above it."""
    people = story.people
    for level in story.levels:
        people.desks[level.name] = await story.enter(level, await level.secretary())
    await people.desks["central"].command("open_testing")
    for name, desk in people.desks.items():
        await desk.until(partial(is_at, desk, "testing"), f"tests at the {name}")
    people.chair = await story.enter(story.central, await story.central.person("lanhdao"), CHAIR)
    people.deputy = await story.enter(story.district, await story.district.person("phochutich"))
    people.village = await story.enter(story.commune, await guest(story.commune, people.village_id), VILLAGE)
    people.beside = await story.enter(story.district, await guest(story.district, people.beside_id), COMMUNE)
    await people.chair.command("convene")
    for name, desk in people.desks.items():
        await desk.until(partial(is_at, desk, "convened"), f"the {name} is in session")
        await desk.until(partial(all_open, desk), f"the {name} is linked")


async def guest(level: Level, site_id: str) -> Visitor:
    """A site, by its link."""
    meeting = await (await level.secretary()).get(f"/api/meetings/{level.meeting_id}")
    link = next(site["link"] for site in meeting["sites"] if site["site_id"] == site_id)
    visitor = await level.stack.enter_async_context(Visitor(level.installation.url))
    return await visitor.enter_by_link(link)


def is_at(one: Returning, stage: str) -> bool:
    return one.state.stage == stage


def has_request(one: Returning, linked: bool = False) -> bool:
    return bool(one.state.queue) and (all_open(one) or not linked)


def all_open(one: Returning) -> bool:
    return bool(one.state.links) and all(link.status == "open" for link in one.state.links)


def upper(one: Returning) -> Link:
    return next(link for link in one.state.links if link.side == "upper")


async def the_floor_goes_to_the_village_and_back(story: Story) -> None:
    people, chair, village = story.people, story.people.chair, story.people.village
    await village.hears_and_sees(samples_of(CHAIR))  # the program comes down three links
    await village.command("request_floor", kind="question", speaker={"name": "Vàng Thị Dợ", "post": "Trưởng thôn"})
    for name in ("commune", "district", "province"):
        desk = people.desks[name]
        await desk.until(partial(has_request, desk, linked=True), f"the request at the {name}")
        await desk.command("forward_request", request_ids=[desk.state.queue[0].request_id])
    await chair.until(lambda: bool(chair.state.queue), "the request at the top")
    (request,) = chair.state.queue
    assert request.origin is not None and len(request.origin.path) == 4, request
    await chair.command("grant_next")
    await village.until(lambda: village.state.floor is not None, "the floor comes down")
    await chair.hears_and_sees(samples_of(VILLAGE))
    await the_board_shows_the_village(story)
    await village.command("return_floor")
    await chair.until(lambda: chair.state.floor is None, "the floor is back")
    await people.beside.until(lambda: people.beside.state.floor is None, "and in the district's room")


async def the_board_shows_the_village(story: Story) -> None:
    """Three levels down, as each told the one above."""
    desk = await story.central.secretary()

    async def row() -> dict[str, Any]:
        rows = (await desk.get(f"/api/meetings/{story.central.meeting_id}/board"))["rows"]
        return next((row for row in rows if row["site_id"] == story.people.village_id), {})

    seen = await until(row, lambda row: row.get("on_air", False), "the village on the board", every=1.0)
    assert (seen["state"], seen["site_name"], seen["far"]) == ("joined", "Nhà văn hóa thôn Nà Chang", True)


async def two_requests_go_up_as_one_and_both_are_answered(story: Story) -> None:
    """The village's, from the room below, and one of the district's own, merged by the district's secretary."""
    people, chair = story.people, story.people.chair
    commune, district, province = (people.desks[name] for name in ("commune", "district", "province"))
    await people.village.command("request_floor", kind="question")
    await commune.until(lambda: bool(commune.state.queue), "the request at the commune")
    await commune.command("forward_request", request_ids=[commune.state.queue[0].request_id])
    await people.beside.command("request_floor", kind="question")
    await district.until(lambda: len(district.state.queue) == 2, "both at the district")
    both = sorted(district.state.queue, key=lambda request: request.site_id != people.beside_id)
    await district.command("forward_request", request_ids=[request.request_id for request in both])
    await commune.until(lambda: commune.state.queue[0].joined != "", "the commune knows who speaks for the village")
    await province.until(lambda: bool(province.state.queue), "one at the province")
    await province.command("forward_request", request_ids=[province.state.queue[0].request_id])
    await chair.until(lambda: bool(chair.state.queue), "one at the top")
    (request,) = chair.state.queue
    assert (request.site_id, [one.site_id for one in request.merged]) == (people.beside_id, [people.village_id])
    origins = [request.origin, *(one.origin for one in request.merged)]
    assert [len(origin.path) if origin else 0 for origin in origins] == [3, 4], request
    await chair.command("answer_request", request_id=request.request_id, text="Sở trả lời bằng văn bản.")
    for site_id, one in ((people.beside_id, people.beside), (people.village_id, people.village)):
        answer = ("Sở trả lời bằng văn bản.", site_id)
        await one.until(partial(has_answer, one, answer), f"the answer at {site_id}")
        assert one.state.queue == ()


def answers_of(one: Returning) -> list[tuple[str, str]]:
    return [(answer.text, answer.site_id) for answer in one.state.answers]


def has_answer(one: Returning, answer: tuple[str, str]) -> bool:
    return answer in answers_of(one)


async def the_chair_goes_two_levels_down_and_back(story: Story) -> None:
    """The district's leader chairs the whole from his own room, until the line to him is cut."""
    people, chair, village = story.people, story.people.chair, story.people.village
    site_id = demo_id(f"site:{story.district.unit}")
    leader = Returning(await story.district.person("chutich"), story.district.meeting_id, samples_of(LEADER))
    async with leader:
        await chair.command("lend_chair", site_id=site_id)
        await leader.until(lambda: bool(leader.last_told("desk")), "the desk of the room at the top")
        assert chair.state.chair_site_id == site_id and chair.state.far_chair is not None
        assert leader.last_told("desk")["desk"]["title"] == TITLE
        await village.hears_and_sees(samples_of(LEADER))
        await chair.hears_and_sees(samples_of(LEADER))
        with pytest.raises(Refused, match="not_allowed"):
            await chair.command("grant_next")
        await village.command("request_floor", kind="speech")
        for name in ("commune", "district", "province"):
            desk = people.desks[name]
            await desk.until(partial(has_request, desk), f"the request at the {name}")
            await desk.command("forward_request", request_ids=[desk.state.queue[0].request_id])
        await leader.until(lambda: bool(leader.last_told("desk")["desk"]["queue"]), "the request on the desk")
        await leader.command_above("grant_next")
        await village.until(lambda: village.state.floor is not None, "the floor comes down")
        await village.command("return_floor")
        cut(story.network, story.province, story.district)
        await chair.until(lambda: chair.state.far_chair is None, "the chair is where it was")
        with pytest.raises(Refused, match=r"not_linked|chair_not_lent"):
            await leader.command_above("adjourn")
        await village.until(lambda: village.state.floor is None, "the floor is back")
    story.network.join(story.district.line)
    for name, desk in people.desks.items():
        await desk.until(partial(all_open, desk), f"the {name} is linked again")
    for _ in range(FRAMES):
        await village.hears_and_sees(samples_of(CHAIR))
    lent = [fact for fact in await story.central.facts(story.central.meeting_id) if isinstance(fact.body, f.ChairLent)]
    assert [fact.body.chair.name != "" for fact in lent] == [True]  # type: ignore[attr-defined]


async def a_line_is_cut_and_both_sides_go_on(story: Story) -> None:
    people, desks = story.people, story.people.desks
    cut(story.network, story.province, story.district)
    await desks["district"].until(lambda: upper(desks["district"]).status == "lost", "the district notices")
    await desks["province"].until(lambda: not all_open(desks["province"]), "the province notices")
    assert all_open(desks["commune"]) and all_open(desks["central"])
    await people.deputy.until(lambda: people.deputy.state.chair_person_id == deputy_id(story), "the deputy presides")
    await it_went_on_at_once(story)
    people.deputy = await story.enter(story.district, await story.district.person("phochutich"))  # as his page does
    await people.deputy.command("grant_floor", site_id=people.beside_id)
    await people.beside.until(lambda: people.beside.state.floor is not None, "the district is its own master")
    for _ in range(FRAMES):
        await people.village.hears_and_sees(samples_of(COMMUNE))
    await people.beside.command("return_floor")
    await desks["district"].command("record_conclusion", item_id=None, text="Huyện họp tiếp khi mất kết nối.")
    (first, *_) = people.chair.state.items
    await desks["central"].command("open_item", item_id=first.item_id)
    await desks["central"].command("record_conclusion", item_id=first.item_id, text="Các tỉnh báo cáo trước ngày 30.")


async def it_went_on_at_once(story: Story) -> None:
    """From noticing the loss to the deputy in the chair, as the district's log has it."""
    facts = await story.district.facts(story.district.meeting_id)
    lost, presided = [
        datetime.fromisoformat(next(fact.at for fact in reversed(facts) if isinstance(fact.body, kind)))
        for kind in (f.LinkLost, f.DeputyPresided)
    ]
    assert timedelta() <= presided - lost < timedelta(seconds=1), facts[-5:]


async def it_is_joined_again(story: Story) -> None:
    desk = story.people.desks["district"]
    story.network.join(story.district.line)
    await desk.until(lambda: all_open(desk), "the district is back")
    await desk.until(lambda: upper(desk).missed is not None, "what was missed above is said")
    await story.people.desks["province"].until(lambda: all_open(story.people.desks["province"]), "the province sees it")
    assert (desk.state.chair_person_id, desk.state.absent_chair) == (demo_id("person:chutich.quanba"), None)
    await all_logs_are_everywhere(story)
    offsets = {fact.clock_offset_ms for fact in (await story.central.facts(story.district.meeting_id))[-3:]}
    assert all(-95_000 < offset < -85_000 for offset in offsets), offsets  # as measured on a busy machine
    missed = upper(desk).missed
    assert missed is not None and missed.items == (story.people.chair.state.items[0].item_id,), missed
    await story.people.village.hears_and_sees(samples_of(CHAIR))  # and so is the program
    await what_was_missed_plays(story)


async def what_was_missed_plays(story: Story) -> None:
    """While the meeting goes on the district has the part of the province's recording that it did not see."""
    visitor = await story.district.secretary()
    look = partial(visitor.get, f"/api/meetings/{story.district.meeting_id}/missed")
    part = (await until(look, lambda found: bool(found["items"]), "the part that was missed"))["items"][-1]
    path = story.district.installation.data.parent / "missed.webm"
    path.write_bytes(await visitor.download(part["segments"][0]["url"]))
    pictures, sound = await asyncio.to_thread(lambda: (decode_pictures(path), decode_sound(path)))
    assert CHAIR in {read_code(picture) for _, picture in pictures}
    assert CHAIR in {number for start in range(0, len(sound) - 9600, 9600)
                     for number in tone.read_all(sound[start : start + 9600], 48_000)}  # fmt: skip


async def all_logs_are_everywhere(story: Story) -> None:
    """Four logs, each whole and the same at four installations."""

    async def standing() -> dict[str, set[tuple[int, str]]]:
        return {
            level.name: {ends(await other.facts(level.meeting_id)) for other in story.levels} for level in story.levels
        }

    await until(standing, lambda seen: all(len(one) == 1 for one in seen.values()), "the logs are the same everywhere")
    for level in story.levels:
        assert verify(await story.central.facts(level.meeting_id)) == []


async def each_level_is_killed_in_turn(story: Story) -> None:
    """``kill -9`` in the middle of what all say, and the others talk on: nothing is lost, nothing is doubled."""
    desks = story.people.desks
    taken: dict[str, list[int]] = {name: [] for name in desks}
    for number, level in enumerate(story.levels):
        other = story.levels[(number + 1) % len(story.levels)]
        names = ("web", "media-1") if level is story.province else ("web",)
        async with all_talk(desks, desks[level.name]) as said:
            before = {name: level.installation.kill(name) for name in names}
            await desks[other.name].command("post_chat", text=f"{level.name} không trả lời?")
            for name, pid in before.items():
                await level.installation.restarted(name, pid)
        for name, numbers in said.items():
            taken[name] += numbers
    for name, desk in desks.items():
        await desk.until(partial(all_open, desk), f"the {name} is linked again")
        await desk.command("post_chat", text=f"{name} có mặt")
    await all_logs_are_everywhere(story)
    for level in story.levels:
        facts = await story.central.facts(level.meeting_id)
        chats = {fact.seq for fact in facts if isinstance(fact.body, f.ChatPosted)}
        assert len(taken[level.name]) == len(set(taken[level.name])) > 0
        assert set(taken[level.name]) <= chats, f"said to be durable at the {level.name}, and gone"
    await story.people.village.hears_and_sees(samples_of(CHAIR))  # through the media worker that was killed, too


async def it_ends_and_every_room_has_its_papers(story: Story) -> None:
    desks = story.people.desks
    await desks["central"].command("adjourn")
    await desks["province"].until(
        lambda: not any(one.side == "upper" for one in desks["province"].state.links), "above ended"
    )
    for level in story.levels[1:]:
        await desks[level.name].command("adjourn")
    ended = {"playable", "archived", "failed"}
    for level in story.levels:
        visitor, path = await level.secretary(), f"/api/meetings/{level.meeting_id}"
        look = partial(visitor.get, f"{path}/recording")
        seen = await until(look, lambda now: now["state"] in ended, f"the recording of the {level.name}")
        assert seen["state"] != "failed" and seen["segments"], seen
        await the_recording_tells_what_was(story, level, seen)
        story.drafts[level.name] = str(await visitor.post(f"{path}/minutes"))
    assert "Các tỉnh báo cáo trước ngày 30." in story.drafts["central"]
    assert all("Vàng Thị Dợ" in draft for draft in story.drafts.values())  # each tells of what was in its own room
    own = {name for name, draft in story.drafts.items() if "Huyện họp tiếp khi mất kết nối." in draft}
    assert own == {"district"}
    await all_logs_are_everywhere(story)


async def the_recording_tells_what_was(story: Story, level: Level, recording: dict[str, Any]) -> None:
    """Before the cut, during and after it: who was on air in this room is seen and heard."""
    path = story.central.installation.data.parent / "segment.webm"
    replay = await replay_of(recording, await level.secretary(), path)
    (speech, *_) = (one for one in recording["chapters"] if one["site_id"] == story.people.village_id)
    begin, end = (speech[name] / 1000 for name in ("start_ms", "end_ms"))
    (alone, again), (lost, back) = await cuts(story)
    course = (level.name, (begin, end), (alone, again), (lost, back), str(replay))
    assert replay.has(CHAIR, 0.0, begin), course
    assert replay.has(VILLAGE, begin, end + LATE_S), course
    assert replay.has(LEADER, end, alone), course
    assert replay.has(CHAIR, again, lost), course
    if level in (story.central, story.province):
        assert replay.has(CHAIR, lost, back) and COMMUNE not in replay.who(), course
    else:  # its own program
        assert replay.has(COMMUNE, lost, back) and CHAIR not in replay.who(lost, back), course
    assert replay.has(CHAIR, back, back + AFTER_S), course
    causes = [gap["cause"] for gap in recording["gaps"]]
    assert causes == (["worker"] if level is story.province else []), "its media worker alone was killed"


async def cuts(story: Story) -> list[tuple[float, float]]:
    """From when until when the district was by itself, in seconds of the recordings: all began with the meeting."""
    facts = await story.district.facts(story.district.meeting_id)
    (began,) = (datetime.fromisoformat(one.at) for one in facts if isinstance(one.body, f.RecordingStarted))
    above = [one for one in facts if getattr(one.body, "meeting_id", "") == story.province.meeting_id]
    lost, back = (
        [(datetime.fromisoformat(one.at) - began).total_seconds() for one in above if isinstance(one.body, kind)]
        for kind in (f.LinkLost, f.LinkRestored)
    )
    return list(zip(lost, back, strict=False))[:2]
