"""An administrator looks at a peer's packets: begun by a button or the API, fetched, and never without a trace."""

from __future__ import annotations

import re

from scheduler.audit import read_audit
from tests.media.samples import audio_sample
from tests.web.doors.conftest import House
from tests.web.doors.encoder import Encoder


async def audit_of(house: House) -> list[tuple[str, str]]:
    async with house.world.database.reading() as session:
        entries = (await read_audit(session)).entries
    return [(one.kind, one.detail_json) for one in entries if one.kind.startswith("capture")]


async def test_a_capture_from_the_button_to_the_file(house: House) -> None:
    encoder = Encoder(house, await house.ticket())
    await encoder.come()
    encoder.peer.play("microphone", audio_sample(5))
    (connection,) = house.room.connections.values()
    await house.until(lambda: connection.line.audio)
    admin, desk = await house.world.person("quantri"), await house.world.person("thuky.quanba")
    base = f"/api/rooms/{house.world.meeting.id}"
    assert "pcap" not in (await desk.get(f"{base}/stats.html")).text
    page = (await admin.get(f"{base}/stats.html")).text
    csrf, peer = re.search(r'name="csrf" value="(\w+)"', page), re.search(r'name="peer" value="([^"]+)"', page)
    assert csrf and peer and "<script" not in page
    form = {"content-type": "application/x-www-form-urlencoded"}
    refused = await admin.post(f"{base}/stats.html", content=f"csrf=x&peer={peer[1]}", headers=form)
    assert refused.status_code == 403
    pressed = await admin.post(f"{base}/stats.html", content=f"csrf={csrf[1]}&peer={peer[1]}", headers=form)
    assert pressed.status_code == 303
    again = await admin.post(f"{base}/captures", json={"peer": peer[1], "seconds": 5})
    assert again.status_code == 409
    (item,) = (await admin.get(f"{base}/captures")).json()["items"]
    assert (
        item["peer"] == peer[1] and f'name="stop" value="{item["id"]}"' in (await admin.get(f"{base}/stats.html")).text
    )
    capture = next(iter(house.worker.node.captures._running.values()))[1]
    await house.until(lambda: capture.packets > 10)
    assert (await admin.delete(f"{base}/captures/{item['id']}")).status_code == 204
    await house.until(lambda: not house.world.services.hub.support._running)
    file = await admin.get(item["url"])
    assert file.status_code == 200 and file.content[:4] == bytes.fromhex("4d3cb2a1")
    assert (await desk.get(item["url"])).status_code == 403
    kinds = await audit_of(house)
    assert [kind for kind, _ in kinds] == ["capture_stopped", "capture_started"]
    assert '"cause": "stopped"' in kinds[0][1] and '"whole": false' in kinds[1][1]
    await encoder.peer.close()


async def test_what_cannot_be_captured(house: House) -> None:
    admin, base = await house.world.person("quantri"), f"/api/rooms/{house.world.meeting.id}/captures"
    assert (await admin.post(base, json={"peer": "nobody"})).status_code == 404
    assert (await admin.post(base, json={"peer": "x", "seconds": 601})).status_code == 422
    assert (await admin.get(f"{base}/..%2F..%2Fsecret.pcap")).status_code == 404
    assert await audit_of(house) == []
