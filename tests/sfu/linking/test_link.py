"""Linked rooms by their decisions: who goes over which link, who does not come back, and what ends a link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfu.events import LinkChanged, StillsWanted
from sfu.linking.statement import Shown, Statement
from sfu.peer import View
from sfu.program import Program
from tests.sfu.linking.rooms import Clock, Place


@pytest.fixture
def clock() -> Clock:
    return Clock()


def chain(clock: Clock, *names: str) -> list[Place]:
    """Rooms from the root down, each with a site of the room's name that sends."""
    places = [Place(name, clock) for name in names]
    for place in places:
        place.now = clock.now
        place.join(f"{place.name} site")
        place.start(f"{place.name} site")
    for lower, upper in reversed(list(zip(places[1:], places, strict=False))):
        clock.link(lower, upper)
    return places


def program(place: Place, floor: str, chair: str, audible: list[str]) -> None:
    place.room.set_program(Program(floor=floor, chair=chair), audible, place.now)


def role_of(place: Place, name: str) -> str:
    return place.room.peers[name].role


def test_one_copy_goes_down_each_link_and_the_floor_comes_up(clock: Clock) -> None:
    province, district, commune = chain(clock, "province", "district", "commune")
    program(province, "site commune site", "province site", ["province site", "site commune site"])
    clock.run(1.0)
    up = {name: link for place in (district, commune) for name, link in place.room.linked.links.items()}
    assert set(commune.sources(up["lower commune to district"]).values()) == {"commune site"}
    assert set(district.sources(up["lower district to province"]).values()) == {"commune site"}
    down = province.room.linked.links["upper district to province"]
    assert set(province.sources(down).values()) == {"province site"}
    assert province.heard("province site") == {"commune site"}
    assert commune.heard("commune site") == {"province site"}
    assert district.heard("district site") == {"province site", "commune site"}
    assert {one.partition(":")[0] for one in district.seen("district site")} >= {"province site", "commune site"}


def test_layers_cross_a_link_only_while_somebody_watches_them(clock: Clock) -> None:
    province, _ = chain(clock, "province", "district")
    province.join("other")
    program(province, "province site", "", [])
    clock.run(2.0)
    link = province.room.linked.links["upper district to province"]
    assert [mid for mid in province.sources(link) if mid.startswith("v0")] == ["v0.0", "v0.2"]
    clock.places[1].room.set_view("district site", View(paused=True), clock.now)
    clock.run(8.0)
    assert [mid for mid in province.sources(link) if mid.startswith("v0")] == ["v0.0"]


def test_a_layer_that_is_said_to_stop_is_not_waited_for(clock: Clock) -> None:
    """The large one has no room on the line any more: the one below it is shown at once, not after it was missed."""
    province, district = chain(clock, "province", "district")
    program(province, "province site", "", [])
    clock.run(2.0)
    assert layer_shown(district, "province site") == "f"
    upper = province.room.linked.links["upper district to province"]
    upper.say(replace(upper.said, lanes={"v0": replace(upper.said.lanes["v0"], active=(0, 1))}), clock.now)
    clock.carry()
    assert layer_shown(district, "province site") == "h"
    upper.say(replace(upper.said, lanes={"v0": replace(upper.said.lanes["v0"], active=(0, 2))}), clock.now)
    clock.carry()
    assert layer_shown(district, "province site") == "f"


def test_what_a_picture_takes_is_known_where_it_comes_through(clock: Clock) -> None:
    """Slides that hardly move, over lines that nobody knows yet: not counted there as dear as slides may be."""
    places = [Place(name, clock) for name in ("province", "district", "commune")]
    province, district, commune = places
    for place in places:
        place.now = clock.now
    commune.join("clerk")
    commune.start("clerk", rids=())
    commune.stream("clerk", "2")
    for handle, (producer, _) in commune.room._encodings.items():
        commune.plane.bitrates[handle] = 60_000 if producer.source == "presentation" else 40_000
    links = [clock.link(low, high, first_bps=300_000) for low, high in ((district, province), (commune, district))]
    clock.run(10.0)
    name = "site clerk"
    province.room.set_program(Program(floor=name, presentation=name), [name], clock.now)
    clock.run(0.5)
    for place, link in ((commune, links[1]), (district, links[0])):
        assert place.sources(link) == {"a0.0": "clerk", "p.0": "clerk"}
    assert links[0].said.lanes["p"].kbps == (93,)  # of 75, which is said of 60


def test_what_it_takes_is_said_anew_only_when_it_is_another_order(clock: Clock) -> None:
    province, district = chain(clock, "province", "district")
    program(province, "site district site", "", [])
    clock.run(10.0)
    link = district.room.linked.links["lower district to province"]
    camera = district.room.peers["district site"].producers["camera"]
    (handle,) = (one.handle for rid, one in camera.encodings.items() if rid == "q")

    def said(bitrate: int) -> int:
        district.plane.bitrates[handle] = bitrate
        clock.run(10.0)
        return link.said.lanes["v0"].kbps[0]

    assert [said(rate) for rate in (100_000, 120_000, 70_000, 130_000)] == [125, 125, 125, 162]
    said(10_000)
    clock.run(100.0)
    assert 10 <= said(10_000) < 30  # what was measured is slow to fall


def layer_shown(place: Place, name: str) -> str:
    """Of this peer's camera, to the room's own site."""
    slots = place.room.peers[f"{place.name} site"].slots_of("video")
    (slot,) = (slot for slot in slots if slot.producer is not None and slot.producer.peer == name)
    return place.room._encodings[slot.consumer.encoding or 0][1].rid


def test_small_pictures_come_for_who_pinned_them_and_for_nobody_else(clock: Clock) -> None:
    province, district, commune = chain(clock, "province", "district", "commune")
    for number in range(12):
        commune.join(f"site{number}")
        commune.start(f"site{number}")
    province.join("board", audio=0, video=9, sends=False)
    pinned = tuple(f"site site{number}" for number in range(12))
    province.room.set_view("board", View(pinned=pinned, max_video=9), clock.now)
    clock.run(2.0)
    link = district.room.linked.links["lower district to province"]
    thumbnails = {mid: name for mid, name in district.sources(link).items() if mid.startswith("t")}
    assert set(thumbnails.values()) == {f"site{number}" for number in range(9)}
    assert {one.partition(":")[0] for one in province.seen("board")} >= set(thumbnails.values())
    assert not {one.partition(":")[0] for one in province.seen("province site")} & set(thumbnails.values())
    assert not {one.partition(":")[0] for one in district.seen("district site")} & set(thumbnails.values())
    province.room.set_view("board", View(), clock.now)
    clock.run(1.0)
    assert not [mid for mid in district.sources(link) if mid.startswith("t")]


def test_a_cut_gives_each_side_its_own_program_and_the_return_the_roots(clock: Clock) -> None:
    province, district = chain(clock, "province", "district")
    district.join("other")
    district.start("other")
    program(province, "", "province site", ["province site"])
    program(district, "", "district site", ["district site"])
    clock.run(1.0)
    assert district.heard("other") == {"province site"}
    clock.cut.add("district to province")
    clock.run(3.5)
    assert district.heard("other") == {"district site"}
    assert province.room.stage.peers.keys() & {"district site"} == set()
    clock.cut.clear()
    clock.run(2.0)
    assert district.heard("other") == {"province site"}
    states = [e.state for e in district.room.events() if isinstance(e, LinkChanged)]
    assert states == ["connecting", "up", "lost", "up"]


def test_who_leaves_for_a_closed_discussion_neither_shows_nor_is_shown_anything(clock: Clock) -> None:
    province, district = chain(clock, "province", "district")
    district.join("other")
    program(province, "site district site", "province site", ["province site", "site district site"])
    program(district, "", "district site", ["district site"])
    clock.run(1.0)
    link = district.room.linked.links["lower district to province"]
    assert province.heard("province site") == {"district site"}
    district.room.follow(link, False, clock.now)
    clock.run(1.0)
    assert district.sources(link) == {} and province.heard("province site") == set()
    assert province.sources(province.room.linked.links["upper district to province"]) == {}
    assert district.heard("other") == {"district site"}
    district.room.follow(link, True, clock.now)
    clock.run(1.0)
    assert district.heard("other") == {"province site", "district site"}


def test_two_rooms_of_one_meeting_share_who_speaks(clock: Clock) -> None:
    first, second = Place("first", clock), Place("second", clock)
    for place, names in ((first, ("an", "binh")), (second, ("chi", "dung"))):
        for name in names:
            place.join(name)
            place.start(name)
    clock.link(second, first, "share")
    everybody = ["an", "binh", "chi", "dung"]
    for place in (first, second):
        place.room.set_program(Program(floor="chi", chair="an"), everybody, clock.now)
    clock.run(1.0)
    assert first.heard("an") == {"binh", "chi", "dung"} and second.heard("chi") == {"an", "binh", "dung"}
    assert "chi" in {one.partition(":")[0] for one in first.seen("binh")}
    assert "an" in {one.partition(":")[0] for one in second.seen("dung")}
    second.room.set_view("dung", View(pinned=("binh",)), clock.now)
    clock.run(1.0)
    assert "binh" in {one.partition(":")[0] for one in second.seen("dung")}


def test_a_loop_ends_the_link_that_closes_it(clock: Clock) -> None:
    first, second, third = chain(clock, "first", "second", "third")
    clock.link(first, third)
    clock.run(2.0)
    ends = [(end.state, end.cause) for _, end, _, _ in clock.lines]
    assert ends.count(("closed", "loop")) == 1 and ends.count(("up", None)) == 2
    assert all(len(place.room.linked.path) <= 3 for place in (first, second, third))


def test_a_room_too_far_from_the_root_is_let_go(clock: Clock) -> None:
    places = chain(clock, *(f"room{number}" for number in range(9)))
    clock.run(3.0)
    last = places[-1].room.linked.links["lower room8 to room7"]
    assert (last.state, last.cause) == ("closed", "too_far")
    assert len(places[7].room.linked.path) == 8


def test_what_was_not_asked_for_is_shown_to_nobody(clock: Clock) -> None:
    province, _ = chain(clock, "province", "district")
    link = province.room.linked.links["upper district to province"]
    intruder = Statement(
        path=("province", "district"),
        lanes={"v0": Shown("intruder", "site x"), "a0": Shown("intruder", "site x"), "t0": Shown("other", "site y")},
    )
    link.heard = intruder
    province.room.set_program(Program(floor="province site"), ["province site"], clock.now)
    assert link.bound == {}
    link.heard = Statement(path=intruder.path, lanes={"v0": Shown("province site", "a forger")})
    province.room.set_program(Program(floor="a forger"), [], clock.now)
    assert link.bound == {} and province.room.peers["province site"].role == "viewer"


def test_a_label_that_may_not_come_from_there_does_not(clock: Clock) -> None:
    province, district = Place("province", clock), Place("district", clock)
    district.join("d")
    district.start("d")
    clock.link(district, province, labels=frozenset({"site of the district"}))
    province.room.set_program(Program(floor="site d"), ["site d"], clock.now)
    clock.run(1.0)
    link = province.room.linked.links["upper district to province"]
    assert link.bound == {}
    province.room.limit(link, frozenset({"site d"}), clock.now)  # its installation has told of another site
    clock.run(1.0)
    assert list(link.bound) != []
    province.room.limit(link, frozenset(), clock.now)
    assert link.bound == {}


def test_somebody_who_comes_in_under_a_far_name_takes_its_place(clock: Clock) -> None:
    province, district = chain(clock, "province", "district")
    program(province, "", "province site", ["province site"])
    clock.run(1.0)
    assert role_of(district, "province site") == "far"
    district.join("province site")
    district.start("province site")
    clock.run(1.0)
    assert role_of(district, "province site") == "viewer"
    district.room.leave("province site", clock.now)
    clock.run(1.0)
    assert role_of(district, "province site") == "far"


def test_a_keyframe_is_asked_for_where_the_source_is(clock: Clock) -> None:
    province, district = chain(clock, "province", "district")
    program(province, "province site", "", [])
    clock.run(2.0)
    before = len(province.plane.rtcp)
    lane = district.room.linked.links["lower district to province"].producers["v0"]
    district.room.receive_keyframe_needed(next(iter(lane.encodings.values())).handle, clock.now)
    assert district.plane.rtcp == []
    clock.run(0.2)
    assert len(province.plane.rtcp) == before + 1
    for _ in range(30):
        province.room.receive_from_link(
            province.room.linked.links["upper district to province"], bytes((3, 4)), clock.now
        )
    assert len(province.plane.rtcp) <= before + 2


def test_a_statement_that_cannot_be_ends_the_link(clock: Clock) -> None:
    province, _ = chain(clock, "province", "district")
    link = province.room.linked.links["upper district to province"]
    piece = b"\x01\x7f\x00\x00\x00\x00\x01" + b"{"
    province.room.receive_from_link(link, piece, clock.now)
    assert (link.state, link.cause) == ("closed", "protocol")


def test_stills_of_somebody_beyond_a_link_are_asked_for_by_his_site(clock: Clock) -> None:
    """And no more once he is not seen any longer, or the link is cut."""
    province, district = chain(clock, "province", "district")
    program(province, "", "province site", ["province site"])
    clock.run(1.0)

    def told() -> list[StillsWanted]:
        clock.run(0.5)
        district.room.peers["district site"].bandwidth.ladder.step = "still"
        clock.run(0.5)
        return [event for event in district.room.events() if isinstance(event, StillsWanted)]

    wanted = StillsWanted("room", "province site", True, province.room.peers["province site"].spec.label)
    assert told() == [wanted] and wanted.label
    assert wanted in district.room.standing()
    assert told() == []
    clock.cut.add("district to province")
    clock.run(4.0)
    assert told() == [replace(wanted, wanted=False)]
    clock.cut.clear()
    clock.run(1.0)
    assert told() == [wanted]
