"""A peer's packets in a file: both directions, headers only, until it is stopped, leaves, or its time is over."""

from __future__ import annotations

import stat
import struct
from pathlib import Path

import pytest

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from sfu.transport.capture import PCAP
from tests.media.samples import audio_sample
from tests.web.media.conftest import Media, running_media
from web.media.errors import MediaRefused
from web.media.messages import CaptureEnded, Program

WANTED = Wanted(audio_slots=2, presentation_slots=0, video_slots=0)
UDP_AT = 20


def read_pcap(path: Path) -> list[tuple[int, int, int, bytes]]:
    """(source port, target port, size on the wire, kept bytes) of each datagram."""
    data, found, at = path.read_bytes(), [], len(PCAP)
    while at < len(data):
        _, _, kept, size = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16 : at + 16 + kept]
        ports = struct.unpack_from("!HH", packet, UDP_AT)
        found.append((*ports, size - UDP_AT - 8, packet[UDP_AT + 8 :]))
        at += 16 + kept
    return found


async def two_who_talk(media: Media, tcp: bool = False) -> tuple[LightPeer, LightPeer]:
    await media.client.open_room("room")
    peers = LightPeer(WANTED, protocol="tcp" if tcp else "udp"), LightPeer(WANTED)
    for name, peer in zip(("an", "binh"), peers, strict=True):
        await peer.connect(media.signal("room", name))
        peer.play("microphone", audio_sample(7))
    await media.client.set_program("room", Program(chair="an"), ["an", "binh"])
    return peers


def received(peer: LightPeer) -> int:
    return sum(slot.packets for slot in peer.received.values())


@pytest.mark.parametrize("plane", ["native", "reference"])
async def test_headers_both_ways_and_nothing_that_was_said(plane: str, tmp_path: Path) -> None:
    path = tmp_path / "an.pcap"
    async with running_media(plane=plane) as media:
        an, binh = await two_who_talk(media)
        await media.client.start_capture("an", path, whole=False, seconds=60, most_bytes=1_000_000)
        before = received(an)
        await an.wait_for(lambda: received(an) > before + 20)
        await media.client.stop_capture("an")
        await media.wait_for(lambda: bool(media.of(CaptureEnded)))
        (ended,) = media.of(CaptureEnded)
        port = media.worker.node.listener.addresses[0][1]
        await an.close()
        await binh.close()
    packets = read_pcap(path)
    assert ended == CaptureEnded("room", "an", "stopped", len(packets), path.stat().st_size)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for way in (0, 1):
        media_packets = [one for one in packets if one[way] == port and 128 <= one[3][0] <= 191]
        assert len(media_packets) > 10
        assert all(len(kept) < 48 and size > len(kept) for *_, size, kept in media_packets)
    assert len({one[1 - (one[1] == port)] for one in packets}) == 1  # nobody else's


async def test_whole_packets_of_a_tcp_peer_are_as_encrypted_as_they_were(media: Media, tmp_path: Path) -> None:
    an, binh = await two_who_talk(media, tcp=True)
    await media.client.start_capture("an", tmp_path / "an.pcap", whole=True, seconds=60, most_bytes=1_000_000)
    before = received(an)
    await an.wait_for(lambda: received(an) > before + 20)
    await an.close()  # and so ends what was looked at
    await media.wait_for(lambda: bool(media.of(CaptureEnded)))
    assert [event.cause for event in media.of(CaptureEnded) if isinstance(event, CaptureEnded)] == ["left"]
    packets = read_pcap(tmp_path / "an.pcap")
    assert len(packets) > 20 and all(size == len(kept) for *_, size, kept in packets)
    await binh.close()


async def test_a_small_file_and_a_short_time_end_by_themselves(media: Media, tmp_path: Path) -> None:
    an, binh = await two_who_talk(media)
    await media.client.start_capture("an", tmp_path / "an.pcap", whole=False, seconds=60, most_bytes=1000)
    await media.client.start_capture("binh", tmp_path / "binh.pcap", whole=False, seconds=1, most_bytes=100_000)
    await media.wait_for(lambda: len(media.of(CaptureEnded)) == 2)
    causes = {event.peer: event.cause for event in media.of(CaptureEnded) if isinstance(event, CaptureEnded)}
    assert causes == {"an": "size", "binh": "time"} and (tmp_path / "an.pcap").stat().st_size <= 1000
    await an.close()
    await binh.close()


async def test_what_is_refused(media: Media, tmp_path: Path) -> None:
    an, binh = await two_who_talk(media)
    path = tmp_path / "an.pcap"
    await media.client.start_capture("an", path, whole=False, seconds=60, most_bytes=1000_000)
    cases = [
        ("not_allowed", ("an", tmp_path / "second.pcap", 1, 100)),
        ("unknown_peer", ("nobody", tmp_path / "nobody.pcap", 1, 100)),
        ("failed", ("binh", path, 1, 100)),  # somebody else's file stays as it is
        ("failed", ("binh", tmp_path / "nowhere" / "b.pcap", 1, 100)),
        ("bad_request", ("binh", tmp_path / "b.pcap", 0, 100)),
        ("bad_request", ("binh", tmp_path / "b.pcap", 1, 10**12)),
    ]
    for code, (peer, where, seconds, most) in cases:
        with pytest.raises(MediaRefused) as refused:
            await media.client.start_capture(peer, where, whole=False, seconds=seconds, most_bytes=most)
        assert refused.value.code == code
    await an.close()
    await binh.close()
