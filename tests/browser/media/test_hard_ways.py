"""A real Chromium where UDP is not let through, behind a TURN server, and on a line that loses a tenth of it all."""

from __future__ import annotations

import contextlib
import datetime
from pathlib import Path
from typing import Any

import pytest

from sfu.relay.link import LinkSettings
from sfu.relay.relay import LineSettings, Relay, server_of, through
from tests.browser.media.participant import Participant, participant
from tests.web.media.conftest import Media
from tests.web.media.test_turn import SECRET, running_coturn
from web.media.messages import Program
from web.turn import TurnServers

LOSS, MISSED = 0.10, 0.25  # of what was lost, so much may be missing in the sound; 0.8 without RED, 0.04 with it
LOOKS = 3  # a browser that starves for a moment conceals as well
PAIR_JS = """
async () => {
  const report = await pc.getStats(), all = [...report.values()];
  const pair = report.get(all.find((one) => one.type === "transport")?.selectedCandidatePairId);
  const near = pair && report.get(pair.localCandidateId);
  return pair ? [near.candidateType === "relay" ? `relay ${near.relayProtocol}` : near.protocol,
    report.get(pair.remoteCandidateId).protocol] : null;
}
"""
# All connections that the page makes from now on go through this server and no other way.
RELAYED_JS = """
(server) => {
  const Native = RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration) { super({ ...configuration, iceServers: [server], iceTransportPolicy: "relay" }); }
  };
}
"""
WAYS = {"udp": "turn:127.0.0.1:{port}?transport=udp", "tcp": "turn:127.0.0.1:{port}?transport=tcp",
        "tls": "turns:localhost:{tls_port}?transport=tcp"}  # fmt: skip
SOUND_JS = """
async () => {
  const all = [...(await pc.getStats()).values()];
  const sounds = all.filter((one) => one.type === "inbound-rtp" && one.kind === "audio");
  const sum = (name) => sounds.reduce((total, one) => total + (one[name] ?? 0), 0);
  return { lost: sum("packetsLost"), received: sum("packetsReceived"),
    concealed: sum("concealedSamples") - sum("silentConcealedSamples"), samples: sum("totalSamplesReceived") };
}
"""


async def test_without_udp_it_sees_and_hears_over_tcp(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    await media.client.set_program("room", Program(floor="an", chair="binh"), ["an", "binh"])

    async def only_tcp(offer: str) -> str:
        answer = await media.signal("room", "binh")(offer)
        lines = answer.splitlines(keepends=True)
        assert any(" tcp " in line for line in lines if line.startswith("a=candidate:"))
        return "".join(line for line in lines if not (line.startswith("a=candidate:") and " udp " in line))

    async with participant(tmp_path, 5) as an, participant(tmp_path, 9) as binh:
        await an.join(media.signal("room", "an"))
        await binh.join(only_tcp)
        await binh.sees(an.number)
        await binh.hears(an.number)
        await an.sees(binh.number)
        await an.hears(binh.number)
        assert await binh.page.evaluate(PAIR_JS) == ["tcp", "tcp"]
        assert await an.page.evaluate(PAIR_JS) == ["udp", "udp"]


@pytest.mark.parametrize("way", WAYS)
async def test_through_a_turn_server_it_sees_and_hears(media: Media, tmp_path: Path, way: str) -> None:
    """Over UDP, TCP and TLS, with the credentials that the product hands out."""
    await media.client.open_room("room")
    await media.client.set_program("room", Program(floor="an", chair="binh"), ["an", "binh"])
    async with (
        running_coturn(tmp_path) as coturn,
        participant(tmp_path, 5) as an,
        participant(tmp_path, 9, extra=("--ignore-certificate-errors",)) as binh,
    ):
        url = WAYS[way].format(port=coturn.port, tls_port=coturn.tls_port)
        (server,) = TurnServers((url,), SECRET).for_("binh", datetime.datetime.now(datetime.UTC))
        await binh.page.evaluate(RELAYED_JS, server)
        await an.join(media.signal("room", "an"))
        await binh.join(media.signal("room", "binh"))
        await binh.sees(an.number)
        await binh.hears(an.number)
        await an.sees(binh.number)
        await an.hears(binh.number)
        assert await binh.page.evaluate(PAIR_JS) == [f"relay {way}", "udp"]


@pytest.mark.installation  # a browser that starves conceals for want of time
async def test_lost_sound_is_filled_from_what_later_packets_repeat(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    await media.client.set_program("room", Program(floor="an"), ["an"])
    async with (
        participant(tmp_path, 5) as an,
        participant(tmp_path, 0, camera=False) as viewer,
        contextlib.AsyncExitStack() as stack,
    ):
        await an.join(media.signal("room", "an"), video=0)
        relays: list[Relay] = []

        async def far_away(offer: str) -> str:
            answer = await media.signal("room", "viewer")(offer)
            far = LineSettings(LinkSettings(delay_s=0.03), LinkSettings(2_000_000, 0.03, loss=LOSS))
            relays.append(await stack.enter_async_context(Relay(server_of(answer), far)))
            return through(answer, relays[0].address)

        await viewer.join(far_away, send=False, video=1)
        await viewer.hears(an.number)
        await lost(viewer, 10)  # until the worker knows what the line is like
        missed = [await share_missed(viewer)]
        while missed[-1] >= MISSED and len(missed) < LOOKS:
            missed.append(await share_missed(viewer))
        assert missed[-1] < MISSED, missed


async def share_missed(viewer: Participant) -> float:
    """Of the sound that was lost, over the next so many packets."""
    begin, end = await lost(viewer, 0), await lost(viewer, 20)
    grown = {name: end[name] - begin[name] for name in end}
    share = grown["lost"] / (grown["lost"] + grown["received"])
    return float(grown["concealed"] / (share * grown["samples"]))


async def lost(viewer: Participant, more: int) -> dict[str, Any]:
    """What it has heard, once so many packets of sound more were lost on the way."""
    seen: list[dict[str, Any]] = []

    async def enough() -> bool:
        seen.append(await viewer.page.evaluate(SOUND_JS))
        return bool(seen[-1]["lost"] >= seen[0]["lost"] + more)

    await viewer.wait_for(enough, "the line loses nothing")
    return seen[-1]
