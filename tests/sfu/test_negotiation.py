"""Offers of real browsers and of aiortc, and what is wrong with others."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from sfu.answer import LocalTransport, write_answer
from sfu.errors import BadOffer, NoCodec
from sfu.negotiation import Negotiated, negotiate, renegotiate_ice
from sfu.sdp import parse

OFFERS = Path(__file__).parent / "offers"
ALL = ["audio", "video", "presentation"]
LOCAL = LocalTransport(
    "ufrag123",
    "password-of-24-letters--",
    "AA:BB",
    (("192.0.2.7", 5000, "udp"), ("2001:db8::7", 5000, "udp"), ("192.0.2.7", 5001, "tcp")),
    42,
)
SMALL = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AA:BB
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:0
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 97 100
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:100 H264/90000
a=fmtp:100 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
"""


def offer(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


def plan(text: str, may_send: list[str] | None = None, codec: str = "vp8") -> Negotiated:
    numbers = itertools.count(1001)
    allowed = ALL if may_send is None else may_send
    return negotiate(parse(text), allowed, codec, lambda: next(numbers))  # type: ignore[arg-type]


def section(answer: str, mid: str) -> list[str]:
    """Lines of one m-line of an answer."""
    parts = answer.split("\r\nm=")[1:]
    return next(("m=" + part).split("\r\n") for part in parts if f"a=mid:{mid}\r\n" in part)


def test_a_browsers_offer_becomes_sources_and_slots_by_order() -> None:
    negotiated = plan(offer("chromium"))
    assert [(s.mid, s.source, s.rids) for s in negotiated.sends] == [
        ("0", "microphone", ()),
        ("1", "camera", ("q", "h", "f")),
        ("2", "presentation", ()),
    ]
    assert [(s.mid, s.kind) for s in negotiated.slots] == [
        ("3", "audio"),
        ("4", "audio"),
        ("5", "audio"),
        ("6", "presentation"),
        *((str(mid), "video") for mid in range(7, 11)),
    ]
    assert negotiated.sends[0].declared and not negotiated.sends[1].declared
    ids = negotiated.sends[1].extensions
    assert (ids.mid, ids.rid, ids.repaired_rid, ids.transport_cc) == (4, 10, 11, 3)
    ssrcs = [s for slot in negotiated.slots for s in (slot.ssrc, slot.rtx_ssrc) if s is not None]
    assert len(set(ssrcs)) == len(ssrcs)


def test_gstreamers_whip_sink_has_its_sound_in_a_line_of_port_0() -> None:
    """RFC 9143 7.2.1: with a=bundle-only that is no refused line. No extensions, no mid in packets: SSRCs tell."""
    negotiated = plan(offer("gstreamer"))
    assert [(s.mid, s.source, len(s.declared)) for s in negotiated.sends] == [
        ("video0", "camera", 1),
        ("audio1", "microphone", 1),
    ]
    answer = write_answer(negotiated, LOCAL)
    assert "a=group:BUNDLE video0 audio1\r\n" in answer
    assert section(answer, "audio1")[0] == "m=audio 5000 UDP/TLS/RTP/SAVPF 97"
    assert "a=recvonly" in section(answer, "video0")


def test_layers_that_a_small_camera_does_not_send_are_known_from_the_offer() -> None:
    for simulcast, paused in (("q;h;f", 0), ("q;h;~f", 1), ("q;~h;~f", 2), ("~q;~h;~f", 2), ("q;~h;f", 0)):
        planned = plan(offer("chromium").replace("a=simulcast:send q;h;f", f"a=simulcast:send {simulcast}"))
        (camera,) = (send for send in planned.sends if send.source == "camera")
        assert (camera.rids, camera.paused) == (("q", "h", "f"), paused)


def test_the_answer_line_by_line() -> None:
    answer = write_answer(plan(offer("chromium")), LOCAL)
    assert answer.startswith(
        "v=0\r\no=- 42 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10\r\na=ice-lite\r\n"
    )
    microphone = section(answer, "0")
    assert microphone[0] == "m=audio 5000 UDP/TLS/RTP/SAVPF 63 111"  # the browser sends RED
    for line in (
        "a=rtpmap:63 red/48000/2",
        "a=fmtp:63 111/111",
        "a=setup:passive",
        "a=recvonly",
        "a=rtcp-mux",
        "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
    ):
        assert line in microphone
    assert "a=candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host" in microphone
    assert "a=candidate:3 1 tcp 1526726143 192.0.2.7 5001 typ host tcptype passive" in microphone
    assert microphone.count("a=end-of-candidates") == 1
    camera = section(answer, "1")
    assert camera[0] == "m=video 5000 UDP/TLS/RTP/SAVPF 96 97"
    for line in ("a=rid:q recv", "a=rid:f recv", "a=simulcast:recv q;h;f", "a=rtcp-fb:96 nack pli"):
        assert line in camera
    assert section(answer, "3")[0] == "m=audio 5000 UDP/TLS/RTP/SAVPF 111 63"
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in section(answer, "3")  # how we send is not ours to choose
    slot = section(answer, "7")
    for line in ("a=sendonly", "a=msid:slot-7 slot-7", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"):
        assert line in slot
    media, rtx = next(line for line in slot if line.startswith("a=ssrc-group:FID ")).split()[1:]
    assert f"a=ssrc:{media} cname:giaoban" in slot and f"a=ssrc:{rtx} cname:giaoban" in slot
    assert not any("candidate" in line for line in slot)


def test_redundancy_is_only_taken_around_the_codec_in_use() -> None:
    text = SMALL.replace("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63")
    for parameters, taken in (("111/111", 63), ("111/111/111", 63), ("111/0", None), ("0/0", None), ("", None)):
        red = f"a=rtpmap:63 red/48000/2\na=fmtp:63 {parameters}\n"
        offered = text.replace("a=rtpmap:111 opus/48000/2\n", "a=rtpmap:111 opus/48000/2\n" + red)
        codec = plan(offered).lines[0].codec
        assert codec is not None and codec.red_payload_type == taken, parameters


def test_a_viewer_without_devices_is_answered_alike() -> None:
    negotiated = plan(offer("chromium-viewer"))
    assert len(negotiated.sends) == 3 and [s.kind for s in negotiated.slots][3:] == ["presentation", "video"]


def test_aiortc_sends_and_receives_on_one_line() -> None:
    negotiated = plan(offer("aiortc"))
    answer = write_answer(negotiated, LOCAL)
    assert [s.source for s in negotiated.sends] == ["microphone", "camera"]
    assert "a=sendrecv" in section(answer, "0") and "a=sendonly" in section(answer, "2")
    assert section(answer, "1")[0] == "m=video 5000 UDP/TLS/RTP/SAVPF 97 98"
    ((ssrc, rtx),) = negotiated.sends[1].declared
    assert (ssrc, rtx) == (3739599022, 2422834336)


def test_an_answer_of_ours_parses_again() -> None:
    answer = parse(write_answer(plan(offer("chromium")), LOCAL))
    assert answer.ice_lite and len(answer.sections) == 11 and len(answer.candidates) == 3


def test_who_may_not_send_gets_inactive_lines_but_his_slots() -> None:
    answer = write_answer(plan(offer("chromium"), ["audio"]), LOCAL)
    assert "a=recvonly" in section(answer, "0")
    assert "a=inactive" in section(answer, "1") and "a=inactive" in section(answer, "2")
    assert "a=simulcast:recv q;h;f" not in answer
    assert "a=sendonly" in section(write_answer(plan(offer("aiortc"), []), LOCAL), "0")


def test_h264_rooms_choose_constrained_baseline() -> None:
    negotiated = plan(SMALL, codec="h264")
    assert negotiated.slots[0].codec.payload_type == 100 and negotiated.slots[0].rtx_ssrc is None
    assert plan(offer("chromium"), codec="h264").sends[1].codec.name == "h264"


def test_a_data_channel_is_declined_and_left_out_of_the_bundle() -> None:
    text = SMALL.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\na=sctp-port:5000\n"
    )
    answer = write_answer(plan(text), LOCAL)
    assert "a=group:BUNDLE 0 1\r\n" in answer and section(answer, "2")[0].startswith("m=application 0 ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a=rtcp-mux\na=rtpmap:111", "a=rtpmap:111", "m-line 1 .mid 0. lacks a=rtcp-mux"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "m-line 2 .mid 1. is not in a=group:BUNDLE"),
        ("a=mid:1", "a=mid:0", "its own a=mid"),
        ("a=ice-pwd:0123456789012345678901", "a=ice-pwd:short", "ice-pwd"),
        ("a=fingerprint:sha-256 AA:BB", "a=fingerprint:md5 AA:BB", "a=fingerprint"),
        ("a=setup:actpass", "a=setup:holdconn", "must be actpass, active or passive"),
        ("opus/48000/2", "PCMU/8000", "mid 0: this room needs opus, the offer has pcmu"),
        ("VP8/90000", "VP9/90000", "needs vp8, the offer has h264, rtx, vp9"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1\na=ice-lite", "ice-lite on both sides"),
        ("9 UDP/TLS/RTP/SAVPF 111", "9 RTP/AVP 111", "RTP/AVP is not DTLS-SRTP"),
        ("a=mid:0\n", "", "its own a=mid"),
        ("v=0", "v=1", "does not start with v=0"),
        ("a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/many", "line 19"),
        ("m=video 9 ", "m=video 99999 ", "line 15"),
    ],
)
def test_a_bad_offer_is_refused_by_name(old: str, new: str, said: str) -> None:
    assert old in SMALL
    with pytest.raises(BadOffer, match=said):
        plan(SMALL.replace(old, new, 1))


def test_a_browser_without_the_rooms_codec_is_told_apart_from_a_bad_offer() -> None:
    with pytest.raises(NoCodec, match="needs vp8"):
        plan(SMALL.replace("VP8/90000", "VP9/90000"))
    with pytest.raises(BadOffer) as no_sound:
        plan(SMALL.replace("opus/48000/2", "PCMU/8000"))
    assert not isinstance(no_sound.value, NoCodec)


def test_an_offer_of_nothing_or_of_too_much_is_refused() -> None:
    head = SMALL.partition("m=audio")[0]
    with pytest.raises(BadOffer, match="no m-line"):
        plan(head)
    with pytest.raises(BadOffer, match="no audio or video"):
        plan(head + "m=application 9 UDP/DTLS/SCTP x\na=mid:0\n")
    with pytest.raises(BadOffer, match="more than 64 m-lines"):
        plan(head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 65)
    with pytest.raises(BadOffer, match="at most 262144"):
        plan(SMALL + "a=x\n" * 100_000)
    with pytest.raises(BadOffer, match="lines, at most"):
        plan(SMALL + "\n" * 9000)


def test_an_ice_restart_takes_new_credentials_and_nothing_else() -> None:
    negotiated = plan(SMALL)
    ssrcs = [slot.ssrc for slot in negotiated.slots]
    again = SMALL.replace("ice-ufrag:abcd", "ice-ufrag:efgh")
    renegotiate_ice(negotiated, parse(again))
    assert negotiated.remote_ufrag == "efgh" and [slot.ssrc for slot in negotiated.slots] == ssrcs
    with pytest.raises(BadOffer, match="same m-lines"):
        renegotiate_ice(negotiated, parse(offer("chromium")))
    with pytest.raises(BadOffer, match="keep the certificate"):
        renegotiate_ice(negotiated, parse(again.replace("AA:BB", "AA:CC")))


def test_firefox_bundles_by_bundle_only_lines_and_directed_extensions() -> None:
    negotiated = plan(offer("firefox"))
    assert [(s.source, s.rids) for s in negotiated.sends] == [
        ("microphone", ()),
        ("camera", ("q", "h", "f")),
        ("presentation", ()),
    ]
    assert [s.kind for s in negotiated.slots] == ["audio"] * 3 + ["presentation"] + ["video"] * 2
    assert negotiated.fingerprints[0][0] == "sha-256"
    ids = negotiated.sends[1].extensions
    assert ids.mid and ids.rid and ids.repaired_rid and ids.transport_cc
    answer = write_answer(negotiated, LOCAL)
    assert "a=group:BUNDLE 0 1 2 3 4 5 6 7 8\r\n" in answer
    assert section(answer, "1")[0] == "m=video 5000 UDP/TLS/RTP/SAVPF 120 124"


def test_a_peer_that_waits_for_our_hello_is_answered_as_active() -> None:
    plan = negotiate(parse(SMALL.replace("a=setup:actpass", "a=setup:passive")), ["audio", "video"], "vp8", lambda: 7)
    assert plan.is_active
    local = LocalTransport("ufrag", "p" * 24, "AA", (("192.0.2.1", 3478, "udp"),), 1)
    assert "a=setup:active\r\n" in write_answer(plan, local)
