"""The path of one packet of a camera through the plane, step by step, with its bytes. Start here to learn ``sfu/``.

Before this: the packet came in by UDP (``sfu/transport/udp.py``), was told from STUN and DTLS by its first byte
(``listener.py``), and the DTLS handshake had given both sides their SRTP keys. The far ends here encrypt and decrypt
with libsrtp themselves, so that the plane is checked by somebody else.
"""

from __future__ import annotations

from sfu.plane.plane import KeyframeNeeded, RouteTaken, UnknownStream
from sfu.rtp.packet import parse_rtp
from sfu.rtp.rtcp import Nack, PictureLoss, ReceiverReport, SenderReport, TransportFeedback, serialize_compound
from tests.sfu.plane.network import Network, Peer, video, video_slot

PICTURE = bytes.fromhex("100200 9d012a 8002 6801")  # VP8: keyframe (last bit of the first byte is 0), 640 × 360
CHANGE = bytes.fromhex("110200 0badcafe")  # VP8: what changed since the last frame


def camera_packet(number: int, picture: bytes) -> bytes:
    """One packet of a camera as it is before encryption; a whole frame, as small frames are."""
    return (
        bytes.fromhex("90e0")  # version 2, with header extensions; last packet of its frame, payload type 96
        + number.to_bytes(2, "big")  # sequence number
        + (90_000 + number * 3000).to_bytes(4, "big")  # RTP timestamp: 90 kHz, 30 frames a second
        + bytes.fromhex("0000000b")  # SSRC 11
        + bytes.fromhex("bede0002 4031 a066 31")  # extensions: 4 is mid "1", 10 is rid "f", 3 is …
        + number.to_bytes(2, "big")  # … the number that transport-cc counts by
        + bytes.fromhex("00")  # up to a full word
        + bytes.fromhex("9080")  # VP8 descriptor: a frame begins; a picture id follows,
        + (0x8000 | number).to_bytes(2, "big")  # of 15 bits
        + picture
    )


def test_the_path_of_a_packet() -> None:
    network = Network()
    camera, an, binh = network.peer(1), network.peer(2), network.peer(3)
    it_is_not_known_yet(network, camera, an)
    viewers_wait_for_a_keyframe(network, camera, an, binh)
    both_viewers_get_it(network, camera, an, binh)
    a_viewer_lost_it(network, camera, an, binh)
    it_was_lost_on_the_way_in(network, camera, an)
    reports_go_round(network, camera, an)


def arrives(network: Network, camera: Peer, packet: bytes) -> None:
    """The camera encrypts and sends; the plane does what it does; its packets reach the far ends."""
    encrypted = camera.outbound.protect(packet)
    assert len(encrypted) == len(packet) + 16  # AES-GCM's tag; the header stays readable, the picture does not
    assert packet[-4:] not in encrypted
    network.receive(camera, encrypted)


def it_is_not_known_yet(network: Network, camera: Peer, an: Peer) -> None:
    """1. ``plane/ingress.py``: decrypted, but nobody told the plane of SSRC 11: said upwards and dropped."""
    arrives(network, camera, camera_packet(1, PICTURE))
    assert network.events_of(UnknownStream) == [
        UnknownStream(transport=1, ssrc=11, payload_type=96, mid="1", rid="f", repaired_rid=None)
    ]
    assert an.rtp == []


def viewers_wait_for_a_keyframe(network: Network, camera: Peer, an: Peer, binh: Peer) -> None:
    """2. ``sfu/room.py`` knows from the offer whose camera that is. Two slots are to show it: from a keyframe on."""
    plane = network.plane
    plane.add_encoding(1, video(transport=1, ssrc=11, rtx_ssrc=12))
    for viewer in (2, 3):
        plane.add_consumer(viewer, video_slot(viewer, ssrc=2001))
        plane.set_route(viewer, 1)
    arrives(network, camera, camera_packet(2, CHANGE))
    assert an.rtp == binh.rtp == []
    assert network.events_of(KeyframeNeeded) == [KeyframeNeeded(1)]  # one, for both
    plane.send_rtcp(1, serialize_compound([PictureLoss(1, 11)]))  # the room asks the camera
    network.drain()
    assert camera.rtcp[-1] == PictureLoss(1, 11)


def both_viewers_get_it(network: Network, camera: Peer, an: Peer, binh: Peer) -> None:
    """3. ``encoding.py`` → ``consumer.py``: a header of the slot's own, the picture as it came, each viewer's key."""
    arrives(network, camera, camera_packet(3, PICTURE))
    assert network.events_of(RouteTaken) == [RouteTaken(consumer=2, encoding=1), RouteTaken(consumer=3, encoding=1)]
    arrives(network, camera, camera_packet(4, CHANGE))
    for viewer in (an, binh):
        whole, change = viewer.rtp  # decrypted by libsrtp with this viewer's key
        assert (whole.ssrc, whole.payload_type, whole.marker) == (2001, 120, True)  # as the viewer's answer said
        assert set(whole.extensions) == {5}  # of the camera's extensions none; the viewer's own transport-cc
        assert whole.payload.endswith(PICTURE) and change.payload.endswith(CHANGE)
        assert change.sequence_number == whole.sequence_number + 1
        assert change.timestamp == whole.timestamp + 3000
    assert an.rtp[0].sequence_number != binh.rtp[0].sequence_number  # every slot counts from a number of its own


def a_viewer_lost_it(network: Network, camera: Peer, an: Peer, binh: Peer) -> None:
    """4. ``plane/feedback.py``, ``ring.py``: Bình's line lost the last packet; he says so and gets it again, as RTX."""
    lost = binh.rtp.pop()
    before = len(an.rtp)
    network.send_rtcp(binh, Nack(sender_ssrc=1, media_ssrc=2001, sequence_numbers=(lost.sequence_number,)))
    again = binh.rtp.pop()
    assert (again.ssrc, again.payload_type) == (2002, 124)  # a stream beside the stream, RFC 4588
    assert again.payload == lost.sequence_number.to_bytes(2, "big") + lost.payload
    assert len(an.rtp) == before and camera.rtp == []  # nobody else hears of it


def it_was_lost_on_the_way_in(network: Network, camera: Peer, an: Peer) -> None:
    """5. ``rtp/nack.py``: number 5 never came. The plane asks the camera, which sends it again on SSRC 12."""
    missing = camera_packet(5, CHANGE)
    arrives(network, camera, camera_packet(6, CHANGE))
    network.advance(0.03)  # it might only have been late
    asked = [packet for packet in camera.rtcp if isinstance(packet, Nack)]
    assert [(one.media_ssrc, one.sequence_numbers) for one in asked] == [(11, (5,))]
    body = parse_rtp(missing).payload
    repair = bytes.fromhex("80e1 0384") + missing[4:8] + bytes.fromhex("0000000c 0005") + body  # type 97; 5 inside
    arrives(network, camera, repair)
    sixth, fifth = an.rtp[-2:]  # late, and at its place: the decoder puts it in order
    assert fifth.sequence_number == sixth.sequence_number - 1
    assert network.plane.encoding_stats(1).repaired == 1


def reports_go_round(network: Network, camera: Peer, an: Peer) -> None:
    """6. ``plane/reports.py``: how it arrived goes to the camera, which moment it shows goes to the viewers."""
    network.send_rtcp(camera, SenderReport(11, ntp=0xE8_00_00_00 << 32, rtp=90_000 + 6 * 3000, packets=5, octets=500))
    network.advance(1.5)
    block = next(p for p in reversed(camera.rtcp) if isinstance(p, ReceiverReport) and p.blocks).blocks[0]
    assert (block.ssrc, block.highest_sequence, block.packets_lost) == (11, 6, 1)  # lost on the line; repair is apart
    assert any(isinstance(packet, TransportFeedback) for packet in camera.rtcp)
    report = next(packet for packet in an.rtcp if isinstance(packet, SenderReport))
    assert (report.ssrc, report.packets) == (2001, 4)
