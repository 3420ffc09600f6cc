"""Who is seen and heard where: decisions of a room, on a plane that only remembers them."""

from __future__ import annotations

import struct
from typing import TypeVar

import pytest

from sfu.errors import UnknownPeer
from sfu.events import (
    ActiveSpeakerChanged,
    EncodingsWanted,
    LadderChanged,
    ProducersChanged,
    SlotsChanged,
    StillsWanted,
)
from sfu.negotiation import SlotLine
from sfu.overload import Shed
from sfu.peer import PeerSpec, View
from sfu.plane.plane import ExtensionIds, RouteTaken, UnknownStream
from sfu.program import Program
from tests.sfu.room_story import VP8, Story, meeting


@pytest.fixture
def story() -> Story:
    return Story()


def test_the_floor_is_large_the_chair_middling_the_others_small(story: Story) -> None:
    meeting(story, "an", "binh", "chi", "dung")
    story.program([], floor="binh", chair="an")
    assert sorted(story.seen("chi")) == ["an:h", "binh:f", "dung:q"]


def test_nobody_sees_or_hears_himself(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program(["an", "binh"], floor="an", chair="binh")
    assert story.seen("an") == ["binh:f"] and story.heard("an") == {"binh"}
    assert story.seen("binh") == ["an:f"] and story.heard("binh") == {"an"}


def test_who_may_not_be_heard_is_paused_and_in_no_slot(story: Story) -> None:
    meeting(story, "an", "binh", "chi")
    story.program(["an"], floor="an")
    microphones = {p.peer: e.handle for p, e in story.room._encodings.values() if p.source == "microphone"}
    assert {name: story.plane.paused[handle] for name, handle in microphones.items()} == {
        "an": False,
        "binh": True,
        "chi": True,
    }
    assert story.heard("chi") == {"an"}
    story.program(["binh"], floor="binh")
    assert story.plane.paused[microphones["an"]] and not story.plane.paused[microphones["binh"]]
    assert story.heard("chi") == {"binh"}


def test_before_any_program_everybody_is_silent(story: Story) -> None:
    meeting(story, "an", "binh")
    assert story.heard("an") == set()
    assert all(story.plane.paused[e.handle] for p, e in story.room._encodings.values() if p.source == "microphone")


def test_a_switch_of_the_floor_leaves_the_others_in_their_slots(story: Story) -> None:
    for name in ("an", "binh", "chi", "dung"):
        story.join(name, video=2)
        story.start(name)
    story.program([], floor="binh", chair="an")
    first = [slot.producer.peer for slot in story.room.peers["dung"].slots_of("video") if slot.producer]
    story.program([], floor="chi", chair="an")
    second = [slot.producer.peer for slot in story.room.peers["dung"].slots_of("video") if slot.producer]
    assert first.index("an") == second.index("an")
    assert set(second) == {"an", "chi"}


def test_the_presentation_has_its_own_slot_and_only_when_it_is_on_air(story: Story) -> None:
    meeting(story, "an", "binh")
    story.stream("an", "2")
    assert story.presented("binh") == []
    story.program([], presentation="an")
    assert story.presented("binh") == ["an:"] and story.presented("an") == []


def test_without_a_presentation_slot_it_takes_the_first_place_among_the_pictures(story: Story) -> None:
    meeting(story, "an")
    story.stream("an", "2")
    story.join("player", presentation=0, video=1, sends=False)
    story.program([], presentation="an", floor="an")
    assert story.seen("player") == ["an:"]


def test_pinned_sites_come_before_the_rest_and_the_count_is_kept(story: Story) -> None:
    for name in ("an", "binh", "chi", "dung", "em"):
        story.join(name, video=3)
        story.start(name)
    story.program([], floor="an")
    story.room.set_view("em", View(pinned=("dung",), max_video=2), story.now)
    assert {seen.partition(":")[0] for seen in story.seen("em")} == {"an", "dung"}
    story.room.set_view("em", View(paused=True), story.now)
    assert story.seen("em") == []
    assert all(s.paused for s in _last(story, SlotsChanged, "em").slots if s.source != "microphone")


def test_a_layer_that_stops_is_replaced_by_the_next_smaller(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program([], floor="an")
    assert story.seen("binh") == ["an:f"]
    story.pass_time(2.5, silent_rids=("f",))
    assert story.seen("binh") == ["an:h"]
    story.pass_time(1.0)
    assert story.seen("binh") == ["an:f"]


def test_a_camera_that_stops_leaves_its_slot_and_is_told(story: Story) -> None:
    meeting(story, "an", "binh")
    assert _last(story, ProducersChanged, "an") == ProducersChanged("room", "an", True, True, False)
    story.pass_time(5.0, silent=("an",))
    assert story.seen("binh") == []
    assert _last(story, ProducersChanged, "an") == ProducersChanged("room", "an", False, False, False)


def test_whose_page_was_away_is_told_again_what_holds(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program([], floor="an")
    story.pass_time(6.0)
    slots, encodings = _last(story, SlotsChanged, "binh"), _last(story, EncodingsWanted, "binh")
    list(story.room.events())
    story.room.tell_again("binh")
    assert list(story.room.events()) == [
        slots,
        encodings,
        LadderChanged("room", "binh", "full"),
        StillsWanted("room", "binh", False),
    ]


def test_keyframe_requests_are_merged_to_one_per_half_second_and_producer(story: Story) -> None:
    meeting(story, "an")
    layers = [e for p, e in story.room._encodings.values() if p.source == "camera"]
    for encoding in layers * 3:
        story.room.receive_keyframe_needed(encoding.handle, story.now)
    assert len(story.plane.rtcp) == 1
    transport, pli = story.plane.rtcp[0]
    assert transport == story.transports["an"] and pli[:8] == bytes.fromhex("81ce000200000001")
    due = story.room.next_timeout()
    assert due is not None
    story.room.handle_timeout(story.now + 0.5)
    assert len(story.plane.rtcp) == 2
    story.room.handle_timeout(story.now + 0.9)
    assert len(story.plane.rtcp) == 2
    story.room.request_keyframe("an", story.now + 5)
    assert len(story.plane.rtcp) == 3


def test_unused_layers_are_told_after_a_while_and_the_smallest_always_stays(story: Story) -> None:
    meeting(story, "an", "binh", "chi")
    story.program([], floor="an")
    story.pass_time(8.0)
    assert _last(story, EncodingsWanted, "an").active == ("q", "f")  # large at every viewer
    assert _last(story, EncodingsWanted, "chi").active == ("q", "h")
    story.program([], floor="chi")
    assert "f" in _last(story, EncodingsWanted, "chi").active


def test_a_small_camera_is_shown_as_large_as_it_is_though_more_is_wished_for(story: Story) -> None:
    story.join("an")
    story.join("binh", sends=False)
    story.start("an", ("q", "h"))
    story.program([], floor="an")
    story.pass_time(20.0)
    assert story.seen("binh") == ["an:h"]
    assert _last(story, EncodingsWanted, "an").active == ("q", "h", "f")  # a larger camera may be taken at any time
    story.stream("an", "1", "f")
    story.pass_time(8.0)
    assert story.seen("binh") == ["an:f"]
    assert _last(story, EncodingsWanted, "an").active == ("q", "f")


def test_repair_streams_never_become_layers(story: Story) -> None:
    story.join("an")
    story.stream("an", "1", "f", rtx=True)
    assert story.plane.encodings == {}
    story.stream("an", "1", "f")
    (settings,) = story.plane.encodings.values()
    assert settings.rtx_ssrc is not None


def test_streams_of_no_line_or_layer_are_left_alone(story: Story) -> None:
    story.join("an")
    for event in (
        UnknownStream(999, 5, 96, "1", "f", None),
        UnknownStream(story.transports["an"], 5, 96, "nowhere", "f", None),
        UnknownStream(story.transports["an"], 5, 96, "1", "x", None),
        UnknownStream(story.transports["an"], 5, 100, "1", "f", None),
        UnknownStream(story.transports["an"], 5, 96, None, None, None),
    ):
        story.room.receive_unknown_stream(event, story.now)
    assert story.plane.encodings == {}


def test_a_layer_that_comes_with_another_ssrc_replaces_the_old_one(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program([], floor="an")
    ssrc = story.stream("an", "1", "f")
    routed = story.plane.routes[story.room.peers["binh"].slots_of("video")[0].consumer.handle]
    assert routed is not None and story.plane.encodings[routed].ssrc == ssrc


def test_leaving_frees_slots_and_forgets_every_handle(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program(["an"], floor="an")
    story.room.leave("an", story.now)
    assert story.seen("binh") == [] and story.heard("binh") == set()
    story.room.leave("binh", story.now)
    assert story.plane.encodings == {} and story.plane.consumers == {}
    with pytest.raises(UnknownPeer):
        story.room.leave("an", story.now)


def test_the_speaker_among_the_audible_leads_in_a_discussion(story: Story) -> None:
    meeting(story, "an", "binh", "chi")
    story.program(["an", "binh"], chair="an")
    microphone = {p.peer: e.handle for p, e in story.room._encodings.values() if p.source == "microphone"}
    for _ in range(20):
        story.now += 0.1
        story.room.receive_levels({microphone["binh"]: 20, microphone["chi"]: 5}, story.now)
    assert _last(story, ActiveSpeakerChanged).peer == "binh"
    assert "binh:f" in story.seen("chi")


def test_a_route_that_was_taken_is_remembered(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program([], floor="an")
    slot = story.room.peers["binh"].slots_of("video")[0]
    assert slot.consumer.encoding is not None
    story.room.receive_route_taken(RouteTaken(slot.consumer.handle, slot.consumer.encoding))
    assert slot.consumer.carried == slot.consumer.encoding


def test_a_suspended_peer_gets_nothing(story: Story) -> None:
    meeting(story, "an", "binh")
    story.program(["an"], floor="an")
    story.room.suspend("binh", True, story.now)
    assert story.seen("binh") == [] and story.heard("binh") == set()
    story.room.suspend("binh", False, story.now)
    assert story.seen("binh") == ["an:f"] and story.heard("binh") == {"an"}


Event = TypeVar("Event")


def _last(story: Story, kind: type[Event], peer: str | None = None) -> Event:
    """The last event of a kind (about a peer) so far; events read are kept."""
    story.told += story.room.events()
    return [e for e in story.told if isinstance(e, kind) and (peer is None or getattr(e, "peer", None) == peer)][-1]


def test_a_viewer_is_refreshed_with_a_keyframe_of_each_picture_he_is_shown(story: Story) -> None:
    """The layer that is shown is asked, of the cameras shown, and nobody's microphone."""
    meeting(story, "a", "b")
    story.join("recorder", video=1, sends=False)
    story.program(["a"], floor="a")
    assert story.seen("recorder") == ["a:f"]
    story.plane.rtcp.clear()
    story.pass_time(1)
    story.room.refresh("recorder", story.now)
    (sent,) = story.plane.rtcp
    shown = story.room.peers["a"].producers["camera"].encodings["f"]
    assert sent == (story.transports["a"], struct.pack("!BBHII", 0x81, 206, 2, 1, shown.ssrc))
    with pytest.raises(UnknownPeer):
        story.room.refresh("nobody", story.now)


def test_under_overload_the_least_important_pictures_go_first_and_sound_stays() -> None:
    story = Story()
    for name in ("chair", "floor", "an", "binh"):
        story.join(name)
        story.start(name)
    story.room.join(recorder_of(story), story.now)
    story.program(["floor", "an"], floor="floor", chair="chair", presentation="an")
    story.stream("an", "2")
    story.pass_time(1.0)
    everybody = {"chair", "floor", "an"}
    shown = {
        Shed.NOTHING: everybody,
        Shed.OTHERS: {"chair", "floor"},
        Shed.ALL_BUT_ONE: {"floor"},
        Shed.JOINS: {"floor"},
        Shed.PICTURES: set(),
    }
    for step in (*Shed, *reversed(Shed)):
        story.room.set_shed(step, story.now)
        assert story.pictures_of("binh") == shown[step]
        slots = story.room.peers["binh"].slots
        (presentation,) = [slot for slot in slots if slot.line.kind == "presentation"]
        assert presentation.paused is (step == Shed.PICTURES)
        assert not any(slot.paused for slot in slots if slot.line.kind == "audio")
        assert not any(slot.paused for slot in story.room.peers["recorder"].slots)
    told = [event for event in story.room.events() if isinstance(event, SlotsChanged) and event.peer == "binh"]
    assert any(slot.paused for slot in told[-1].slots) is False and len(told) >= 6


def recorder_of(story: Story) -> PeerSpec:
    slots = tuple(SlotLine(str(i), "video", VP8, ExtensionIds(), next(story.ssrcs), None) for i in range(4))
    return PeerSpec("recorder", "recorder", -1, (), slots, sink=lambda packet: None)


def test_without_a_program_the_first_picture_stays() -> None:
    story = Story()
    for name in ("an", "binh", "chi"):
        story.join(name)
        story.start(name)
    story.pass_time(1.0)
    story.room.set_shed(Shed.ALL_BUT_ONE, story.now)
    assert story.pictures_of("chi") == {"an"}


def test_an_ssrc_that_changes_all_the_time_is_followed_for_a_while() -> None:
    story = Story()
    story.join("an")
    story.start("an", ("q",))
    known = [story.stream("an", "1", "q") for _ in range(50)]
    (encoding,) = story.room.peers["an"].producers["camera"].encodings.values()
    assert encoding.ssrc == known[5]
    story.now += 2.0
    assert story.room.peers["an"].producers["camera"].encodings["q"].ssrc != story.stream("an", "1", "q")
    (encoding,) = story.room.peers["an"].producers["camera"].encodings.values()
    assert encoding.ssrc not in known


def test_one_place_for_sound_goes_to_whoever_speaks(story: Story) -> None:
    story.join("player", audio=1, video=1, presentation=0, sends=False)
    for name in ("chair", "site"):
        story.join(name)
        story.start(name)
    story.room.set_program(Program(floor="site", chair="chair"), ["chair", "site"], story.now)
    handles = {p.peer: h for h, (p, _) in story.room._encodings.items() if p.source == "microphone"}
    slot = story.room.peers["player"].slots_of("audio")[0]
    assert slot.producer is not None and slot.producer.peer == "site"
    for speaker, silent in (("chair", "site"), ("site", "chair")):
        for _ in range(40):
            story.pass_time(0.1)
            story.room.receive_levels({handles[speaker]: 20, handles[silent]: 127}, story.now)
        assert slot.producer is not None and slot.producer.peer == speaker
