"""Encoders and players while the web process is killed and comes back: nothing they have ends."""

from __future__ import annotations

from tests.media.samples import audio_sample, video_sample
from tests.web.doors.conftest import SITE, House, killed, next_process
from tests.web.doors.encoder import Encoder
from tests.web.doors.test_doors import _packets, error, sites_left
from web.doors.note import BadNote, Note, read_note


async def test_sessions_outlive_the_web_process(house: House) -> None:
    encoder, player = Encoder(house, await house.ticket()), Encoder(house, await house.ticket("playback"), "playback")
    created = await encoder.come()
    encoder.peer.play("camera", video_sample(5))
    encoder.peer.play("microphone", audio_sample(5))
    await player.come()
    await encoder.restart()  # the ETag and the offer that count are the restart's
    assert encoder.restarted is not None
    etag, peer = encoder.restarted.headers["etag"], str(house.room.state.sites[SITE].connection_id)
    media = house.worker.node.rooms[house.world.meeting.id].peers[peer]
    await killed(house)
    before = _packets(house, media)

    async with next_process(house) as again:
        encoder.house = player.house = again
        connection = again.room.connections[peer]
        assert again.room.state.sites[SITE].connection_id == peer and connection.in_media
        assert again.worker.node.rooms[again.world.meeting.id].peers[peer] is media
        await again.until(lambda: _packets(again, media) > before + 20)  # it never stopped

        assert (await encoder.patch("a=x:1\r\n", **{"if-match": created.headers["etag"]})).status_code == 412
        assert (await encoder.patch("a=x:1\r\n", **{"if-match": etag})).status_code == 204
        stranger = Encoder(again, player.secret)
        stranger.created = encoder.created
        assert error(await stranger.patch("a=x:1\r\n", **{"if-match": "*"}))[0] in (403, 404)
        for one in (encoder, player):
            await one.restart()
            assert one.restarted is not None and one.restarted.status_code == 200
        packets = _packets(again, media)
        await again.until(lambda: _packets(again, media) > packets + 20)

        for one in (player, encoder):
            assert (await again.http.delete(one.session, headers=one.headers())).status_code == 200
        assert again.room.connections == {} and again.worker.node.rooms[again.world.meeting.id].peers == {}
        assert await sites_left(again) == ["restarted", "left"]
    for one in (encoder, player):
        await one.peer.close()


async def test_what_the_worker_kept_is_read_with_care() -> None:
    note = Note("ticket", "v=0", "vi")
    assert read_note(note.text()) == note
    for text in ("", "[]", "{}", "null", '{"ticket": 1}', "{" * 1000):
        try:
            read_note(text)
        except BadNote:
            continue
        raise AssertionError(text)
