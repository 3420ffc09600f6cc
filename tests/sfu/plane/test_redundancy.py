"""Opus with earlier packets in each (RED): made for listeners who lose packets, and unpacked from senders who do."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from sfu.plane.plane import ConsumerSettings, EncodingSettings, ExtensionIds
from sfu.rtp.packet import RtpPacket
from sfu.rtp.payload.red import RedBlock, build_red, parse_red
from tests.tries import tries

from .network import IDS, Microphone, Network, Peer, audio, audio_slot, video_slot

OPUS, RED = 111, 63  # as the sender has them
LISTENER_OPUS, LISTENER_RED = 109, 121


def encoding(ssrc: int = 51) -> EncodingSettings:
    return replace(audio(1, ssrc), red_payload_type=RED)


def slot() -> ConsumerSettings:
    return replace(audio_slot(2), red_payload_type=LISTENER_RED)


def meeting(levels: int = 0) -> tuple[Network, Peer, Peer, Microphone]:
    network = Network()
    sender, listener = network.peer(1), network.peer(2)
    network.plane.add_encoding(5, encoding())
    network.plane.add_consumer(6, slot())
    network.plane.set_route(6, 5)
    network.plane.set_redundancy(6, levels)
    return network, sender, listener, Microphone(51)


def wrap(*packets: RtpPacket, payload_type: int = OPUS) -> RtpPacket:
    """The last packet with those before it in front, as a browser sends them."""
    own = packets[-1]
    blocks = [RedBlock(payload_type, own.timestamp - one.timestamp & 0xFFFFFFFF, one.payload) for one in packets[:-1]]
    payload = build_red([*blocks, RedBlock(payload_type, 0, own.payload)])
    return replace(own, payload_type=RED, payload=payload)


# -- out ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_so_many_earlier_packets_are_in_each(levels: int) -> None:
    network, sender, listener, microphone = meeting(levels)
    packets = [microphone.packet() for _ in range(6)]
    network.send(sender, *packets)
    if not levels:
        assert [packet.payload for packet in listener.rtp] == [packet.payload for packet in packets]
        assert {packet.payload_type for packet in listener.rtp} == {LISTENER_OPUS}
        return
    assert {packet.payload_type for packet in listener.rtp} == {LISTENER_RED}
    for place, packet in enumerate(listener.rtp):
        blocks = parse_red(packet.payload)
        assert [block.payload for block in blocks] == [
            one.payload for one in packets[max(0, place - levels) : place + 1]
        ]
        assert [block.offset for block in blocks] == [960 * back for back in range(min(place, levels), -1, -1)]
        assert {block.payload_type for block in blocks} == {LISTENER_OPUS}
    octets = sum(20 + len(packet.payload) for packet in listener.rtp)
    assert network.plane.consumer_stats(6).bytes == octets


def test_on_and_off_while_speech_goes_on() -> None:
    network, sender, listener, microphone = meeting()
    for levels in (0, 2, 0):
        network.plane.set_redundancy(6, levels)
        network.send(sender, microphone.packet(), microphone.packet())
    assert [packet.payload_type for packet in listener.rtp] == [LISTENER_OPUS] * 2 + [LISTENER_RED] * 2 + [
        LISTENER_OPUS
    ] * 2
    assert len(parse_red(listener.rtp[2].payload)) == 3  # of before too
    numbers = [packet.sequence_number for packet in listener.rtp]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(6))


def test_only_what_came_is_near_and_is_of_the_same_route() -> None:
    network, sender, listener, microphone = meeting(2)
    one, two, three = (microphone.packet() for _ in range(3))
    network.send(sender, one, three)  # two is lost
    assert [block.offset for block in parse_red(listener.rtp[-1].payload)] == [1920, 0]
    network.send(sender, two)
    assert [block.offset for block in parse_red(listener.rtp[-1].payload)] == [960, 0]
    microphone.timestamp += 16384 - 960  # silence
    network.send(sender, microphone.packet())
    assert len(parse_red(listener.rtp[-1].payload)) == 1
    network.plane.add_encoding(7, encoding(71))
    network.plane.set_route(6, 7)
    network.send(sender, Microphone(71).packet())
    assert len(parse_red(listener.rtp[-1].payload)) == 1


def test_what_would_be_too_long_stays_away() -> None:
    network, sender, listener, microphone = meeting(2)
    packets = [replace(microphone.packet(), payload=bytes((0x78,)) * size) for size in (1024, 100, 700, 480, 30)]
    network.send(sender, *packets)
    assert [[len(block.payload) for block in parse_red(packet.payload)] for packet in listener.rtp] == [
        [1024],
        [100],  # 1024 does not fit into 10 bits
        [100, 700],
        [700, 480],  # 100 more would be too long
        [480, 30],
    ]


def test_a_sink_and_a_picture_get_none() -> None:
    network, _, _, _ = meeting()
    network.plane.add_consumer(
        7,
        ConsumerSettings(-1, "audio", 1, None, 9, None, "opus", 48000, ExtensionIds(), sink=print, red_payload_type=8),
    )
    network.plane.add_consumer(8, video_slot(2))
    network.plane.add_consumer(9, audio_slot(2, 1009))
    for consumer in (7, 8, 9):
        network.plane.set_redundancy(consumer, 0)
        with pytest.raises(ValueError, match=f"{consumer} takes no RED"):
            network.plane.set_redundancy(consumer, 1)
    for levels in (-1, 3):
        with pytest.raises(ValueError, match=f"{levels} earlier"):
            network.plane.set_redundancy(6, levels)
    with pytest.raises(KeyError):
        network.plane.set_redundancy(99, 1)


# -- in -------------------------------------------------------------------------------------------------------------


def test_what_a_sender_wrapped_goes_on_as_opus() -> None:
    network, sender, listener, microphone = meeting()
    packets = [microphone.packet() for _ in range(4)]
    network.send(sender, wrap(packets[0]), wrap(*packets[:2]), wrap(*packets[:3]), packets[3])
    assert [packet.payload for packet in listener.rtp] == [packet.payload for packet in packets]
    assert {packet.payload_type for packet in listener.rtp} == {LISTENER_OPUS}
    assert network.plane.encoding_stats(5).repaired == 0


def test_what_was_lost_is_taken_out_of_a_later_packet() -> None:
    network, sender, listener, microphone = meeting()
    packets = [microphone.packet() for _ in range(5)]
    network.send(sender, wrap(packets[0]), wrap(*packets[1:4]), wrap(*packets[2:5]))  # 1 and 2 are lost
    assert [packet.payload for packet in listener.rtp] == [packet.payload for packet in packets]
    numbers = [packet.sequence_number for packet in listener.rtp]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(5))
    times = [packet.timestamp for packet in listener.rtp]
    assert [(time - times[0]) & 0xFFFFFFFF for time in times] == [960 * place for place in range(5)]
    stats = network.plane.encoding_stats(5)
    assert (stats.repaired, stats.lost) == (2, 0)
    network.send(sender, packets[1], wrap(*packets[:3]))  # they come after all
    assert len(listener.rtp) == 5


def test_a_listener_who_gets_red_gets_what_was_repaired_in_it() -> None:
    network, sender, listener, microphone = meeting(1)
    packets = [microphone.packet() for _ in range(4)]
    network.send(sender, wrap(packets[0]), wrap(*packets[1:3]), wrap(*packets[2:4]))
    assert [[block.payload for block in parse_red(packet.payload)] for packet in listener.rtp] == [
        [packets[0].payload],
        [packets[0].payload, packets[1].payload],
        [packets[1].payload, packets[2].payload],
        [packets[2].payload, packets[3].payload],
    ]


def test_a_block_that_cannot_be_the_missing_packet_is_not_believed() -> None:
    network, sender, listener, microphone = meeting()
    packets = [microphone.packet() for _ in range(4)]
    network.send(sender, packets[0], packets[1])
    old = replace(packets[0], payload=b"old")
    network.send(sender, wrap(old, packets[3]))  # 2 is missing, but the block is as old as 0
    other = wrap(replace(packets[2], payload=b"dtmf"), packets[3])
    later = replace(other, sequence_number=other.sequence_number + 1 & 0xFFFF, timestamp=other.timestamp + 960)
    network.send(sender, wrap(*packets[2:3], payload_type=126))
    assert [packet.payload for packet in listener.rtp] == [packets[0].payload, packets[1].payload, packets[3].payload]
    assert network.plane.encoding_stats(5).repaired == 0
    assert later.payload


BROKEN = [
    b"\x80",
    b"\xef\x00",
    b"\xef\x00\x00\x05",
    b"\xef\x00\x00\x05\x6f1234",
    b"\xef\x00\x00\x00" * 9 + b"\x6fx",
    b"\x70x",
]


@pytest.mark.parametrize("payload", BROKEN)
def test_broken_red_is_counted_and_goes_nowhere(payload: bytes) -> None:
    network, sender, listener, microphone = meeting()
    network.send(sender, replace(microphone.packet(), payload_type=RED, payload=payload), microphone.packet())
    assert len(listener.rtp) == 1
    assert network.plane.stats().extra["malformed"] == 1


def test_where_nobody_listens_it_is_only_measured() -> None:
    network, sender, _, microphone = meeting()
    network.plane.set_route(6, None)
    packets = [microphone.packet() for _ in range(3)]
    network.send(sender, packets[0], wrap(*packets[1:]))
    stats = network.plane.encoding_stats(5)
    assert (stats.packets, stats.lost, stats.repaired) == (2, 1, 0)


def test_a_sender_without_red_is_not_unpacked() -> None:
    network, sender, listener, _ = meeting()
    network.plane.add_encoding(7, audio(1, 71))
    network.plane.set_route(6, 7)
    packet = RtpPacket(RED, 7, 8, 71, b"\x6fopus", extensions={IDS.audio_level: b"\x10"})
    network.send(sender, packet)
    assert listener.rtp[0].payload == b"\x6fopus"


@pytest.mark.parametrize("seed", tries(4))
def test_any_loss_that_red_covers_is_healed(seed: int) -> None:
    random = Random(seed)
    network, sender, listener, microphone = meeting()
    packets = [microphone.packet() for _ in range(200)]
    lost_in_a_row = 0
    for place, packet in enumerate(packets):
        lost_in_a_row = lost_in_a_row + 1 if place and lost_in_a_row < 2 and random.random() < 0.3 else 0
        if not lost_in_a_row:
            network.send(sender, wrap(*packets[max(0, place - 2) : place], packet))
        network.advance(0.02)
        if random.random() < 0.02:
            microphone.timestamp += 48000
    last = len(packets) - lost_in_a_row
    assert [packet.payload for packet in listener.rtp] == [packet.payload for packet in packets[:last]]
