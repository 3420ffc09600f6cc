"""The doors themselves: who gets in, what a bad offer is told, restarts, and what ends a session."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from tests.media.samples import audio_sample, video_sample
from tests.web.doors.conftest import SITE, House
from tests.web.doors.encoder import FRAGMENT, Encoder
from tests.web.doors.test_fragment import OFFER, RESTART
from web.doors.session import MOST_PLAYERS
from web.media.messages import PeerDisconnected


async def sites_left(house: House) -> list[str]:
    async with house.world.database.reading() as session:
        facts = await log.facts_of(session, house.world.meeting.id)
    return [fact.body.reason for fact in facts if isinstance(fact.body, f.SiteLeft)]


async def test_an_encoder_restarts_its_ice_and_ends_its_session(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    created = await encoder.come()
    assert created.headers["content-type"] == "application/sdp" and created.headers["accept-patch"] == FRAGMENT
    encoder.peer.play("camera", video_sample(5))
    encoder.peer.play("microphone", audio_sample(5))
    connection = house.room.connections[str(house.room.state.sites[SITE].connection_id)]
    await house.until(lambda: connection.line.video and connection.line.audio)
    etag = created.headers["etag"]

    trickled = await encoder.patch("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", **{"if-match": etag})
    assert trickled.status_code == 204
    before = house.worker.node.rooms[house.world.meeting.id].peers[connection.id]
    packets = _packets(house, before)
    await encoder.restart()
    assert encoder.restarted is not None and encoder.restarted.status_code == 200
    assert encoder.restarted.headers["content-type"] == FRAGMENT and encoder.restarted.headers["etag"] != etag
    await house.until(lambda: _packets(house, before) > packets + 20)
    assert (await encoder.patch("a=x:1\r\n", **{"if-match": etag})).status_code == 412

    assert (await house.http.delete(encoder.session, headers=encoder.headers())).status_code == 200
    assert (await house.http.delete(encoder.session, headers=encoder.headers())).status_code == 404
    assert house.room.state.sites[SITE].connection_id is None and await sites_left(house) == ["left"]
    await encoder.peer.close()


def _packets(house: House, peer: Any) -> int:
    plane = house.worker.node.plane
    return sum(plane.encoding_stats(e.handle).packets for p in peer.producers.values() for e in p.encodings.values())


async def test_a_patch_says_which_generation_it_is_for(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    await encoder.come()
    assert (await encoder.patch(RESTART)).status_code == 428
    etag = encoder.created.headers["etag"] if encoder.created else ""
    assert (await encoder.patch(RESTART, **{"if-match": etag})).status_code == 412
    assert (await encoder.patch("hello", **{"if-match": "*"})).status_code == 400
    assert (await encoder.patch(RESTART, **{"if-match": "*", "content-type": "text/plain"})).status_code == 415
    assert (await house.http.get(encoder.session, headers=encoder.headers())).status_code in (404, 405)
    await encoder.peer.close()


def error(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    body = answer.json()
    assert body["title"] and body["status"] == answer.status_code
    return answer.status_code, body["code"]


async def test_only_its_ticket_opens_a_door(house: House) -> None:
    secret, watching = await house.ticket(), await house.ticket("playback")
    assert error(await house.http.post(house.door("ingest"), content=OFFER)) == (401, "ticket_missing")
    refused = await house.post("ingest", "x" * 43, OFFER)
    assert error(refused) == (401, "ticket_unknown") and refused.headers["www-authenticate"].startswith("Bearer")
    assert error(await house.post("ingest", watching, OFFER)) == (403, "ticket_other")
    elsewhere = house.door("ingest").replace(house.world.meeting.id, "another")
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/sdp"}
    assert error(await house.http.post(elsewhere, content=OFFER, headers=headers)) == (403, "ticket_other")

    encoder = Encoder(house, secret)
    await encoder.come()
    stranger = Encoder(house, await house.ticket())
    stranger.created = encoder.created
    assert error(await stranger.patch(RESTART, **{"if-match": "*"})) == (404, "not_found")
    assert error(await house.http.delete(encoder.session, headers=stranger.headers())) == (404, "not_found")
    assert house.room.state.sites[SITE].connection_id is not None
    await encoder.peer.close()


async def test_guessing_is_slowed_down(house: House) -> None:
    at = house.world.clock.now.timestamp()
    for _ in range(59):
        house.world.services.link_failures.failed("ticket 127.0.0.1", at)
    assert error(await house.post("ingest", "guess", OFFER)) == (401, "ticket_unknown")
    slowed = await house.post("ingest", await house.ticket(), OFFER)
    assert error(slowed)[0] == 429 and int(slowed.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "hello", "v=0"),
        (lambda text: "\r\n".join(x for x in text.split("\r\n") if "ice-" not in x), "ice-ufrag"),
        (lambda text: text.replace("VP8/90000", "H265/90000"), "vp8"),
        (lambda text: text.replace("a=fingerprint:sha-256", "a=fingerprint:md5"), "fingerprint"),
        (lambda text: text.replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
    ],
    ids=["none", "no ICE", "foreign codec", "no fingerprint", "no mux"],
)
async def test_a_bad_offer_is_told_what_is_wrong_and_leaves_no_trace(house: House, change: Any, says: str) -> None:
    offer = change(OFFER.replace("\r\n", "\n").replace("\n", "\r\n"))
    answer = await house.post("ingest", await house.ticket(), offer)
    assert error(answer) == (400, "no_codec" if says == "vp8" else "bad_offer")
    assert says in answer.json()["detail"]
    assert house.room.state.sites[SITE].connection_id is None and await sites_left(house) == []
    assert house.room.connections == {}


async def test_what_is_no_offer_is_not_read(house: House) -> None:
    secret = await house.ticket()
    wrong = await house.post("ingest", secret, OFFER, **{"content-type": "application/json"})
    assert error(wrong) == (415, "wrong_content")
    assert error(await house.post("ingest", secret, "v=0\r\n" + "a=x\r\n" * 20_000)) == (413, "too_large")


async def test_a_ticket_begins_anew_and_another_finds_the_site_taken(house: House) -> None:
    secret = await house.ticket()
    first, second = Encoder(house, secret), Encoder(house, secret)
    await first.come()
    await second.come()
    assert (await first.patch(RESTART, **{"if-match": "*"})).status_code == 404
    assert error(await house.post("ingest", await house.ticket(), OFFER)) == (409, "occupied")
    assert await sites_left(house) == ["lost"]
    await first.peer.close()
    await second.peer.close()


async def test_a_revoked_ticket_ends_its_sessions(house: House) -> None:
    secret = await house.ticket("playback")
    viewer = Encoder(house, secret, "playback")
    await viewer.come()
    desk = await house.world.person("thuky.quanba")
    path = f"/api/meetings/{house.world.meeting.id}/tickets"
    (listed,) = (await desk.get(path)).json()["items"]
    assert listed["in_use"] == 1 and "token" not in listed
    assert (await desk.delete(f"{path}/{listed['id']}")).status_code == 204
    await viewer.peer.wait_for(lambda: viewer.peer.closed_by_server)
    assert error(await house.post("playback", secret, OFFER)) == (401, "ticket_revoked")
    assert house.room.connections == {}
    await viewer.peer.close()


async def test_a_ticket_lets_so_many_players_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.doors.session.MOST_PLAYERS", 1)
    assert MOST_PLAYERS == 20
    viewer = Encoder(house, await house.ticket("playback"), "playback")
    await viewer.come()
    full = await house.post("playback", viewer.secret, OFFER)
    assert error(full) == (503, "too_many_players") and full.headers["retry-after"]
    await viewer.peer.close()
    await house.until(lambda: house.room.connections == {})  # it said close_notify


async def test_an_encoder_that_dies_leaves_its_site(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    await encoder.come()
    peer = str(house.room.state.sites[SITE].connection_id)
    connection = house.room.connections[peer]
    assert connection.on_peer is not None
    connection.on_peer(PeerDisconnected(house.world.meeting.id, peer, "consent"))
    assert house.room.connections  # it may come back by a restart
    connection.on_peer(PeerDisconnected(house.world.meeting.id, peer, "dtls"))
    await house.until(lambda: house.room.state.sites[SITE].connection_id is None)
    assert await sites_left(house) == ["lost"]
    await encoder.peer.close()


async def test_a_worker_that_restarts_ends_the_session_so_that_the_encoder_comes_anew(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    await encoder.come()
    connection = next(iter(house.room.connections.values()))
    connection.outgoing.send({"type": "media", "boot_id": "another"})
    await house.until(lambda: house.room.connections == {})
    await encoder.peer.close()


async def test_nobody_gets_into_a_room_that_is_not_open(house: House) -> None:
    secret = await house.ticket("playback")
    await house.command("convene")
    await house.command("adjourn")
    assert error(await house.post("playback", secret, OFFER)) == (409, "wrong_stage")


async def test_pages_of_other_origins_may_ask(house: House) -> None:
    for address, told in ((house.door("ingest"), "accept-post"), (house.door("playback") + "/x", "accept-patch")):
        answer = await house.http.options(address, headers={"origin": "https://studio.example"})
        assert answer.status_code == 204 and answer.headers[told]
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()


async def test_the_stats_page_and_the_measures_show_the_lines(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    await encoder.come()
    encoder.peer.play("microphone", audio_sample(5))
    (connection,) = house.room.connections.values()
    await house.until(lambda: connection.line.audio)
    house.room.media.report(connection, 0.0, 20, 140)
    desk = await house.world.person("thuky.quanba")
    path = f"/api/rooms/{house.world.meeting.id}/stats"
    (row,) = (await desk.get(path)).json()["peers"]
    assert row["site_id"] == SITE and row["frozen_ms"] == 140 and row["has_audio"]
    assert "microphone" in row["layers"] and row["step"] == "full"
    page = await desk.get(path + ".html")
    assert "Lùng Tám" in page.text and "refresh" not in page.headers and "<script" not in page.text
    assert int((await desk.get(path + ".html?renew")).headers["refresh"]) > 0
    measures = (await house.http.get(f"{house.url}/metrics")).text
    assert 'giaoban_media_total{what="packets_in",worker="media-1"}' in measures
    assert 'giaoban_media_peers_at_step{step="full",worker="media-1"} 1.0' in measures
    assert "giaoban_page_reports_total 1.0" in measures and "giaoban_page_frozen_seconds_total 0.14" in measures
    await encoder.peer.close()
