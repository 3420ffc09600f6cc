"""A viewer's line gets weak and good again: what his slots show, what he and the senders are told."""

from __future__ import annotations

import pytest

from sfu.congestion.rate_control import RateControl
from sfu.events import EncodingsWanted, LadderChanged, SlotsChanged, StillsWanted
from sfu.plane.plane import PacketResult, RouteTaken
from sfu.program import Program
from sfu.sharing import redundancy
from tests.sfu.room_story import Story

BITRATES = {"q": 150_000, "h": 500_000, "f": 1_500_000, "": 30_000}


class KnownRate(RateControl):
    """How the estimator comes to its figure is told elsewhere."""

    def __init__(self, bitrate: int) -> None:
        super().__init__(bitrate, 0.0)

    def update(self, *args: object, **kwargs: object) -> None: ...


class WeakStory(Story):
    """An and Binh send, Chi watches over a line of her own."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("an", "binh", "chi"):
            self.join(name, sends=name != "chi")
        for name in ("an", "binh"):
            self.start(name)
        self.room.set_program(Program(floor="an", chair="binh"), ["an", "binh"], self.now)
        self._sent_at = self.now
        self.lost = 0.0
        self.small: tuple[str, ...] = ()  # layers that nobody's camera has
        self.pass_time(1)
        self.new_events()

    def line(self, bitrate: int, seconds: float) -> None:
        """Time goes by with a line of so many bit/s, filled to the brim; reports come every 100 ms."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.1
            self.room.receive_feedback(self.transports["chi"], self._report(), self.now)
            estimator = self.room.peers["chi"].bandwidth.estimator
            assert estimator is not None
            estimator._rate = KnownRate(bitrate)
            for handle, (_, encoding) in self.room._encodings.items():
                if encoding.rid in self.small:
                    continue
                self.plane.packets[handle] = self.plane.packets.get(handle, 0) + 1
                self.plane.bitrates[handle] = BITRATES[encoding.rid]
            self.room.handle_timeout(self.now)

    def _report(self) -> list[PacketResult]:
        packets = []
        for number in range(10):
            sent_at = self.now - 0.15 + number * 0.01
            is_lost = self.lost and (number + round(self.now * 10)) % round(1 / self.lost) == 0
            packets.append(PacketResult(sent_at, None if is_lost else sent_at + 0.05, 1000, 0))
        return packets

    def shown(self) -> str:
        """Layers of An and Binh as Chi gets them, like ``f q``."""
        layers = []
        for name in ("an", "binh"):
            slot = next(s for s in self.room.peers["chi"].slots_of("video") if s.producer and s.producer.peer == name)
            route = self.plane.routes[slot.consumer.handle]
            rid = self.room._encodings[route][1].rid if route is not None else "-"
            temporal = self.plane.temporal.get(slot.consumer.handle)
            layers.append(rid + ("" if temporal is None or route is None else str(temporal)))
        return " ".join(layers)

    def new_events(self) -> list[object]:
        return list(self.room.events())

    def step(self) -> str:
        return self.room.peers["chi"].bandwidth.ladder.step


def test_without_feedback_everybody_gets_everything() -> None:
    story = WeakStory()
    story.pass_time(10)
    assert story.shown() == "f h"
    assert story.plane.paces == {}
    assert story.plane.probes == []


def test_down_and_up_the_ladder() -> None:
    story = WeakStory()
    story.line(5_000_000, 3)
    assert (story.shown(), story.step()) == ("f h", "full")
    for bitrate, shown, step in [
        (1_000_000, "h q", "medium"),
        (400_000, "q q", "small"),
        (190_000, "q0 -", "slow"),
        (150_000, "- -", "still"),
        (90_000, "- -", "audio"),
        (15_000, "- -", "text"),
    ]:
        story.line(bitrate, 3)
        assert (story.shown(), story.step()) == (shown, step), bitrate
    heard = [slot.consumer.handle for slot in story.room.peers["chi"].slots_of("audio") if slot.producer]
    assert len(heard) == 2
    assert all(story.plane.routes[handle] is not None for handle in heard)  # never given up
    story.line(5_000_000, 12)
    assert (story.shown(), story.step()) == ("f h", "full")
    steps = [event.step for event in story.new_events() if isinstance(event, LadderChanged)]
    assert steps == ["medium", "small", "slow", "still", "audio", "text", "full"]


def test_the_whole_picture_of_a_small_camera_is_the_full_step() -> None:
    story = WeakStory()
    story.small = ("f",)
    story.line(5_000_000, 15)
    assert (story.shown(), story.step()) == ("h h", "full")
    story.line(1_400_000, 8)
    assert (story.shown(), story.step()) == ("h h", "full"), "what does not come costs nothing"
    story.line(300_000, 3)
    assert story.step() == "small"
    story.small = ()
    story.line(5_000_000, 12)
    assert (story.shown(), story.step()) == ("f h", "full")


def test_a_line_that_breaks_down_is_not_waited_for() -> None:
    story = WeakStory()
    story.line(5_000_000, 3)
    story.line(300_000, 0.2)
    assert story.shown() == "q -"


def test_a_large_layer_is_thinned_out_until_the_small_one_has_its_keyframe() -> None:
    story = WeakStory()
    story.line(5_000_000, 3)
    slot = next(s for s in story.room.peers["chi"].slots_of("video") if s.producer and s.producer.peer == "an")
    large = slot.consumer.encoding
    assert large is not None
    story.room.receive_route_taken(RouteTaken(slot.consumer.handle, large))
    story.line(400_000, 1)
    small = slot.consumer.encoding
    assert small is not None and small != large
    assert story.plane.temporal[slot.consumer.handle] == 0
    story.room.receive_route_taken(RouteTaken(slot.consumer.handle, small))
    assert story.plane.temporal[slot.consumer.handle] is None


def test_a_picture_without_room_is_told_as_paused_and_its_layers_are_not_asked_for() -> None:
    story = WeakStory()
    story.line(5_000_000, 3)
    story.new_events()
    story.line(90_000, 8)
    events = story.new_events()
    slots = [event for event in events if isinstance(event, SlotsChanged) and event.peer == "chi"][-1].slots
    assert [slot.paused for slot in slots if slot.peer and slot.source == "camera"] == [True, True]
    assert not any(slot.paused for slot in slots if slot.source == "microphone")
    wanted = {event.peer: event.active for event in events if isinstance(event, EncodingsWanted)}
    assert wanted["binh"] == ("q", "f")  # that An watches, large


def test_stills_are_asked_of_the_speaker_while_somebody_needs_them() -> None:
    story = WeakStory()
    story.line(150_000, 3)
    assert StillsWanted("room", "an", True) in story.new_events()
    story.room.set_program(Program(floor="binh"), ["an", "binh"], story.now)
    story.line(150_000, 1)
    assert [e for e in story.new_events() if isinstance(e, StillsWanted)] == [
        StillsWanted("room", "an", False),
        StillsWanted("room", "binh", True),
    ]
    assert story.room.standing() == [StillsWanted("room", "binh", True), LadderChanged("room", "chi", "still")]
    story.line(5_000_000, 10)
    assert StillsWanted("room", "binh", False) in story.new_events()


def test_the_line_is_paced_and_probed_for_more() -> None:
    story = WeakStory()
    story.line(600_000, 6)
    transport = story.transports["chi"]
    assert story.plane.paces == {transport: 900_000}
    assert story.plane.probes
    for number, (probed, cluster, bitrate, size) in enumerate(story.plane.probes, 1):
        assert (probed, cluster) == (transport, number)
        assert 600_000 < bitrate <= 3 * 600_000
        assert 3000 <= size < 20_000


def test_feedback_that_stops_takes_the_pictures_only_while_packets_go_out() -> None:
    story = WeakStory()
    story.line(5_000_000, 3)
    story.pass_time(10)  # nothing goes out: nothing is owed
    assert story.shown() == "f h"
    handle = story.room.peers["chi"].slots[0].consumer.handle
    for _ in range(30):
        story.plane.sent[handle] = story.plane.sent.get(handle, 0) + 50
        story.pass_time(0.5)
    assert story.shown() == "- -"


def test_an_ice_restart_begins_where_the_line_was_and_not_with_what_the_dead_path_lost() -> None:
    story = WeakStory()
    story.line(2_000_000, 3)
    handle = story.room.peers["chi"].slots[0].consumer.handle
    for _ in range(30):
        story.plane.sent[handle] = story.plane.sent.get(handle, 0) + 50
        story.pass_time(0.5)
    assert story.shown() == "- -"
    died_at = story.now - 15
    story.room.change_path(story.transports["chi"], story.now)
    assert story.shown() == "h h"
    lost = [PacketResult(died_at + number * 0.01, None, 1000, 0) for number in range(1000)]
    story.now += 0.1
    story.room.receive_feedback(story.transports["chi"], lost, story.now)
    story.pass_time(1)
    assert story.shown() == "h h"
    assert story.room.peers["chi"].bandwidth.loss == 0


def test_who_loses_packets_gets_sound_twice_and_the_speaker_hears_of_it() -> None:
    story = WeakStory()
    story.lost = 0.1
    story.line(1_000_000, 10)
    microphone = next(
        handle
        for handle, (producer, _) in story.room._encodings.items()
        if producer.source == "microphone" and producer.peer == "an"
    )
    assert story.plane.reported_loss[microphone] == pytest.approx(0.1, abs=0.051)
    story.lost = 0.0
    story.line(1_000_000, 20)
    assert story.plane.reported_loss[microphone] is None


def test_who_loses_many_gets_what_is_sent_again_twice() -> None:
    story = WeakStory()
    pictures = [slot.consumer.handle for slot in story.room.peers["chi"].slots if slot.line.kind != "audio"]
    story.lost = 0.1
    story.line(1_000_000, 10)
    assert story.plane.repair_copies == dict.fromkeys(pictures, 2)
    story.line(150_000, 5)
    assert story.plane.repair_copies == dict.fromkeys(pictures, 1), "a thin line has no room"
    story.line(1_000_000, 5)
    assert story.plane.repair_copies == dict.fromkeys(pictures, 2)
    story.lost = 0.0
    story.line(1_000_000, 20)
    assert story.plane.repair_copies == dict.fromkeys(pictures, 1)


def test_redundancy_by_loss_with_hysteresis_and_only_where_there_is_room() -> None:
    assert redundancy(0, 0.004, 1e6) == 0
    assert redundancy(0, 0.01, 1e6) == redundancy(1, 0.004, 1e6) == 1
    assert redundancy(0, 0.01, 250_000) == 0, "little sound is lost, and there is little room"
    assert redundancy(0, 0.03, 250_000) == 1
    assert redundancy(1, 0.015, 250_000) == 1
    assert redundancy(1, 0.2, 1e6) == 2
    assert redundancy(2, 0.07, 1e6) == 2
    assert redundancy(2, 0.2, 100_000) == 1
    assert redundancy(2, 0.2, 40_000) == 0


def test_feedback_of_nobody_here_is_nothing() -> None:
    story = WeakStory()
    story.room.receive_feedback(99_999, [PacketResult(1.0, 1.0, 1, 0)], story.now)
