"""The small parts of the fan-out bench: descriptions, protobuf fields, what a process costs, what counts as a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.fanout.client import Client, Expected
from bench.fanout.connection import Identity
from bench.fanout.process import cost, tree
from bench.fanout.servers.protobuf import field, fields, texts
from bench.fanout.trial import FAULTS, Trial
from sfu.errors import PeerError
from sfu.light_peer.offer import Wanted
from sfu.sdp import parse

SERVERS_OFFER = "\r\n".join(
    (
        "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=ice-lite",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly", "a=rtcp-mux",
        "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=fingerprint:sha-256 AA:BB", "a=setup:actpass",
        "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 transport-cc", "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=ssrc-group:FID 11 12", "a=ssrc:11 cname:x", "a=ssrc:12 cname:x",
        "a=candidate:1 1 tcp 1 192.0.2.1 1000 typ host tcptype passive",
        "a=candidate:2 1 udp 2 192.0.2.1 2000 typ host", "",
    )
)  # fmt: skip


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(Identity(), "127.0.0.1", Wanted(False, False, audio_slots=0, presentation_slots=0, video_slots=1))
    yield made
    made.connection.close()


def test_a_servers_offer_is_taken_whole(client: Client) -> None:
    answer = parse(client.answer(SERVERS_OFFER))
    (section,) = answer.sections
    assert section.direction == "recvonly"
    assert list(section.codecs) == [96, 97]
    assert section.transport.setup == "active"
    assert section.codecs[96].feedback == ["transport-cc", "nack"]
    assert client.expected == [Expected(11, 12, True)]
    assert client.twcc_id == 3
    remote = client.remote()
    assert (remote.host, remote.port, remote.ufrag, remote.begins) == ("192.0.2.1", 2000, "abcd", False)


def test_no_candidate_of_our_protocol_is_said(client: Client) -> None:
    client.answer(SERVERS_OFFER.replace("1 udp 2", "1 udp6 2"))
    with pytest.raises(PeerError, match="no udp candidate"):
        client.remote()


def test_header_extensions_are_laid_out_for_the_generator() -> None:
    client = Client(Identity(), "127.0.0.1", Wanted(False, True, audio_slots=0, presentation_slots=0, video_slots=0))
    client.take_answer(SERVERS_OFFER.replace("sendonly", "recvonly"))
    (sending,) = client.sending
    assert sending.extension == bytes.fromhex("bede0001 31000000")
    assert sending.number_at == 5
    assert sending.payload_type == 96
    client.connection.close()


def test_protobuf_fields_come_back() -> None:
    message = field(1, "offer") + field(2, b"\xff" * 300) + field(14, 1_795_338_672_748)
    assert list(fields(message)) == [(1, b"offer"), (2, b"\xff" * 300), (14, 1_795_338_672_748)]
    assert texts(field(1, "camera"))[1] == "camera"


def test_a_process_costs_what_its_children_cost() -> None:
    script = "import subprocess, sys; print(flush=True); subprocess.run([sys.executable, '-c', 'input()'])"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    process.stdout.readline()
    while len(tree(process.pid)) < 2:
        os.sched_yield()
    assert cost(process.pid).rss_bytes > 5_000_000
    process.communicate(b"\n")
    assert process.returncode == 0


def trial(**totals: int) -> Trial:
    known = {"sent": 100, "received": 100, "sampled": 50, **dict.fromkeys(FAULTS, 0)}
    return Trial(1000, 2.0, 0.5, 0, 0, 200, 2, {**known, **totals}, (1.0, 2.0, 3.0))


def test_figures_of_a_trial() -> None:
    assert trial(received=190).loss == pytest.approx(0.05)
    assert trial(received=190).per_cpu_second == 380
    assert trial(received=190).per_second == 95
    assert trial().fault() is None


@pytest.mark.parametrize("kind", ["garbage", "not_authentic", "misordered", "left_out", "malformed"])
def test_a_server_that_sends_anything_wrong_has_no_figures(kind: str) -> None:
    fault = trial(**{kind: 1}).fault()
    assert fault is not None and kind.replace("_", " ") in fault
