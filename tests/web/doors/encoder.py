"""A light peer that comes by the door, as an encoder or a player would."""

from __future__ import annotations

import httpx

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.web.doors.conftest import House
from web.doors.fragment import credentials_of, read_credentials, with_credentials

FRAGMENT = "application/trickle-ice-sdpfrag"


class Encoder:
    """A light peer that comes by the door."""

    def __init__(self, house: House, secret: str, kind: str = "ingest") -> None:
        self.house, self.secret, self.kind = house, secret, kind
        self.peer = LightPeer(Wanted(audio_slots=0, presentation_slots=0, video_slots=0) if kind == "ingest" else None)
        self.created: httpx.Response | None = None
        self.restarted: httpx.Response | None = None

    @property
    def session(self) -> str:
        assert self.created is not None
        return f"{self.house.url}{self.created.headers['location']}"

    def headers(self, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secret}", **more}

    async def come(self) -> httpx.Response:
        await self.peer.connect(self._post)
        assert self.created is not None
        return self.created

    async def _post(self, offer: str) -> str:
        self.created = await self.house.post(self.kind, self.secret, offer)
        assert self.created.status_code == 201, self.created.text
        return self.created.text

    async def restart(self) -> None:
        await self.peer.restart_ice(self._patch)

    async def _patch(self, offer: str) -> str:
        fresh = credentials_of(offer)
        assert fresh is not None and self.created is not None
        text = f"a=ice-ufrag:{fresh.ufrag}\r\na=ice-pwd:{fresh.pwd}\r\n"
        self.restarted = await self.patch(text, **{"if-match": "*"})
        ours = read_credentials(self.restarted.text)
        assert ours is not None
        return with_credentials(self.created.text, ours)

    async def patch(self, text: str, **headers: str) -> httpx.Response:
        given = self.headers(**{"content-type": FRAGMENT, **headers})
        return await self.house.http.patch(self.session, content=text, headers=given)
