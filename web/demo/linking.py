"""What the administrators of the installations would do: log in, hand over pairing texts, wait for the link."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx

from web.demo.errors import DemoFailed
from web.demo.layout import Place
from web.visiting.visitor import VisitFailed, Visitor

ADMINISTRATOR = "quantri"
READY_S = 300.0
LINKED_S = 60.0


def trust(place: Place) -> ssl.SSLContext | bool:
    """The installation's own certificate authority, or nothing where it speaks no TLS."""
    return ssl.create_default_context(cafile=str(place.authority)) if place.authority else True


async def log_in(place: Place, login: str) -> Visitor:
    return await Visitor(place.url, trust(place)).login(login, place.password_file.read_text())


async def answers(place: Place) -> None:
    """Returns once the installation is up, its media worker with it."""
    verify = await asyncio.to_thread(trust, place)
    async with httpx.AsyncClient(verify=verify) as client, asyncio.timeout(READY_S):
        while True:
            try:
                if (await client.get(f"{place.url}/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)


async def pair(upper: Visitor, upper_place: Place, lower: Visitor, lower_place: Place) -> str:
    """Link the two, unless they are; the lower one's node."""
    above, below = await upper.get("/api/nodes"), await lower.get("/api/nodes")
    await _add(upper, above, below["this"], "lower", lower_place.unit_id)
    await _add(lower, below, above["this"], "upper", upper_place.unit_id)
    return str(below["this"]["id"])


async def _add(visitor: Visitor, here: dict[str, Any], other: dict[str, Any], role: str, unit_id: str) -> None:
    known = {node["id"]: node for node in here["items"] if node["revoked_at"] is None}
    before = known.get(other["id"])
    if before is not None and (before["url"], before["fingerprint"]) == (other["url"], other["fingerprint"]):
        return
    if before is not None:
        answer = await visitor.http.delete(f"/api/nodes/{other['id']}")
        answer.raise_for_status()
    checked = await visitor.post("/api/nodes/check", {"text": other["pairing_text"]})
    if checked["fingerprint"] != other["fingerprint"]:  # what two people compare by telephone
        raise DemoFailed(f"Dấu vân tay khóa của {other['name']} không khớp.")
    await visitor.post("/api/nodes", {"text": other["pairing_text"], "role": role, "unit_id": unit_id})


async def linked(visitor: Visitor) -> None:
    """Returns once every link of this installation is up."""
    try:
        async with asyncio.timeout(LINKED_S):
            while True:
                nodes = [n for n in (await visitor.get("/api/nodes"))["items"] if n["revoked_at"] is None]
                if nodes and all(node["is_up"] for node in nodes):
                    return
                await asyncio.sleep(0.5)
    except TimeoutError:
        wrong = "; ".join(f"{node['name']}: {node['error']} {node['error_detail']}" for node in nodes)
        raise DemoFailed(f"Các cấp chưa liên kết được với nhau: {wrong}") from None


async def name_installation(visitor: Visitor, title: str) -> None:
    """As its administrator would on the settings page."""
    values = await visitor.get("/api/settings")
    if values.get("name") != title:
        try:
            await visitor.put("/api/settings", {"name": title})
        except VisitFailed as error:
            raise DemoFailed(str(error)) from error
