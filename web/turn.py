"""TURN servers for those whose network lets nothing else through, with credentials that end by themselves.

The scheme that TURN servers share ("TURN REST API", draft-uberti-behave-turn-rest): the user name is the moment of
expiry and whom it was given to, the password its HMAC-SHA1 under a secret that only we and the TURN server know. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LIFETIME_S = 24 * 3600  # of a page that stays open all day: its allocation is renewed with what it got


@dataclass(frozen=True, slots=True)
class TurnServers:
    """``urls`` as browsers take them: turn:host:3478?transport=udp, turns:host:5349?transport=tcp."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)

    def for_(self, whom: str, now: datetime) -> list[dict[str, Any]]:
        """The RTCIceServer list for one connection; empty where there are none."""
        if not self.urls:
            return []
        username = f"{int(now.timestamp()) + LIFETIME_S}:{whom}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        return [{"urls": list(self.urls), "username": username, "credential": base64.b64encode(digest).decode()}]

    def links_for(self, whom: str, now: datetime) -> list[str]:
        """The same as values of ``Link`` headers (RFC 9725 4.6)."""
        return [
            f'<{url}>; rel="ice-server"; username="{server["username"]}"; '
            f'credential="{server["credential"]}"; credential-type="password"'
            for server in self.for_(whom, now)
            for url in server["urls"]
        ]
