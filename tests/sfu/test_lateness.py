"""How late pictures may come is told of lines that lose packets, and of no others."""

from __future__ import annotations

from sfu.lateness import HOLD_S, MOST_MS, Lateness
from tests.sfu.linking.rooms import Clock, Place
from tests.sfu.linking.test_link import chain, program


class Line:
    """What comes over it: 50 packets at each look, of which some are repaired."""

    def __init__(self) -> None:
        self.lateness, self.now, self.packets, self.repaired = Lateness(), 0.0, 0, 0

    def goes_on(self, seconds: float, loss: float, rtt_s: float | None = 0.1) -> int:
        for _ in range(round(2 * seconds)):
            self.now += 0.5
            self.packets += 50
            self.repaired += round(50 * loss)
            self.lateness.measure([(self.packets, self.repaired)], rtt_s, self.now)
        return self.lateness.ms


def test_a_line_that_loses_is_waited_for_by_its_round_trip_until_it_is_whole_for_a_while() -> None:
    line = Line()
    assert line.goes_on(10, 0) == 0
    assert line.goes_on(2, 0.04) == 250
    assert line.goes_on(HOLD_S, 0) == 250, "it may begin again"
    assert line.goes_on(60, 0) == 0


def test_round_trips_that_change_a_little_change_nothing() -> None:
    line = Line()
    assert line.goes_on(5, 0.04, 0.1) == 250
    assert line.goes_on(5, 0.04, 0.08) == 250
    assert line.goes_on(5, 0.04, 0.02) == 150
    assert line.goes_on(5, 0.04, 0.12) == 300
    assert line.goes_on(5, 0.04, 2.0) == MOST_MS
    assert line.goes_on(5, 0.04, None) == MOST_MS, "not known for a moment"


def test_one_lost_packet_of_few_is_no_lossy_line() -> None:
    line = Line()
    line.lateness.measure([(10, 3)], 0.1, 0.5)
    assert line.lateness.ms == 0


def test_streams_that_end_or_begin_anew_are_no_repairs() -> None:
    lateness = Lateness()
    for moment, counted in enumerate(([(1000, 0)], [(1000, 0), (100, 0)], [(50, 0)], [], [(2000, 0)])):
        lateness.measure(counted, 0.1, float(moment))
        assert lateness.ms == 0


def test_viewers_of_all_rooms_further_on_wait_for_what_one_link_repairs() -> None:
    """The district's line loses; the commune below it, whose own does not, is told all the same."""
    clock = Clock()
    province, district, commune = chain(clock, "province", "district", "commune")
    program(province, "province site", "province site", ["province site"])
    clock.run(2.0)
    assert late(commune, "province site") == {0}
    lossy(district, clock, 10)
    assert late(district, "province site") == late(commune, "province site") == {150}
    assert late(province, "province site") == set()
    assert late(district, "district site") == set()
    lossy(commune, clock, 10)
    assert max(late(commune, "province site")) > 150, "twice repaired, twice late"
    clock.run(90)
    assert late(commune, "province site") == {0}


def test_a_senders_own_line_is_waited_for_in_voice_and_picture() -> None:
    (province,) = chain(clock := Clock(), "province")
    province.join("other")
    program(province, "province site", "province site", ["province site"])
    province.plane.rtt_ms = 60.0
    for _ in range(10):
        lose(province, "province site")
        clock.run(0.5)
    assert late(province, "province site") == {200}


def lossy(place: Place, clock: Clock, seconds: float) -> None:
    """What comes from above is repaired now and then."""
    (link,) = (link for link in place.room.linked.links.values() if link.side == "lower")
    until = clock.now + seconds
    while clock.now < until:
        for producer in link.producers.values():
            for encoding in producer.encodings.values():
                place.plane.repaired[encoding.handle] = place.plane.packets.get(encoding.handle, 0) // 20
        clock.run(0.5)


def lose(place: Place, name: str) -> None:
    for producer in place.room.peers[name].producers.values():
        for encoding in producer.encodings.values():
            place.plane.repaired[encoding.handle] = place.plane.packets.get(encoding.handle, 0) // 20


def late(place: Place, name: str) -> set[int]:
    """How late those who see or hear this one play it, as they are told."""
    slots = [slot for peer in place.room.peers.values() if peer.role == "viewer" for slot in peer.told_slots]
    return {slot.late_ms for slot in slots if slot.peer == name}
