"""SDP fragments (RFC 8840 9, RFC 9725 4.3): read a client's new ICE credentials, write ours. Knows no socket.

We are ICE-lite: the client's candidates are learned from its checks, so of a fragment only the credentials count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from web.errors import Refused

MAX_BYTES = 16 * 1024
MAX_LINES = 256
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_OWN_LINES = ("a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "a=end-of-candidates")


class BadFragment(Refused):
    """Not a fragment that a session can be patched with."""

    code = "bad_fragment"


@dataclass(frozen=True, slots=True)
class Credentials:
    """ICE credentials of one generation."""

    ufrag: str
    pwd: str


def read_credentials(text: str) -> Credentials | None:
    """The client's credentials; None where the fragment brings candidates only. Raises BadFragment."""
    lines = text.splitlines()
    if len(text) > MAX_BYTES or len(lines) > MAX_LINES:
        raise BadFragment(detail={"reason": f"a fragment has at most {MAX_LINES} lines and {MAX_BYTES} characters"})
    if any(line and not re.match(r"[a-z]=", line) for line in lines):
        raise BadFragment(detail={"reason": "every line of a fragment begins with a letter and ="})
    ufrags = {line.partition(":")[2].strip() for line in lines if line.startswith("a=ice-ufrag:")}
    pwds = {line.partition(":")[2].strip() for line in lines if line.startswith("a=ice-pwd:")}
    if not ufrags and not pwds:
        return None
    if len(ufrags) != 1 or len(pwds) != 1:
        raise BadFragment(detail={"reason": "one a=ice-ufrag and one a=ice-pwd for the whole bundle"})
    ufrag, pwd = ufrags.pop(), pwds.pop()
    if not _UFRAG.fullmatch(ufrag) or not _PWD.fullmatch(pwd):
        raise BadFragment(detail={"reason": "a=ice-ufrag or a=ice-pwd has a wrong length or character"})
    return Credentials(ufrag, pwd)


def credentials_of(offer: str) -> Credentials | None:
    """Those of an offer; the first m-line's, as they count for the bundle."""
    ufrag, pwd = re.search(r"(?m)^a=ice-ufrag:(\S+)", offer), re.search(r"(?m)^a=ice-pwd:(\S+)", offer)
    return Credentials(ufrag[1], pwd[1]) if ufrag and pwd else None


def with_credentials(offer: str, fresh: Credentials) -> str:
    """The same offer as the client would make it after its restart."""
    offer = re.sub(r"(?m)^a=ice-ufrag:[^\r\n]*", f"a=ice-ufrag:{fresh.ufrag}", offer)
    return re.sub(r"(?m)^a=ice-pwd:[^\r\n]*", f"a=ice-pwd:{fresh.pwd}", offer)


def fragment_of(answer: str) -> str:
    """What of our answer a restart needs: the first m-line with our credentials and candidates."""
    lines = answer.split("\r\n")
    bundle = next(line for line in lines if line.startswith("a=group:BUNDLE"))
    first = [line for line in lines if line.startswith(("m=", "a=mid:", *_OWN_LINES))]
    start = next(index for index, line in enumerate(first) if line.startswith("m=") and line.split()[1] != "0")
    second = next((n for n, line in enumerate(first) if n > start and line.startswith("m=")), len(first))
    return "\r\n".join(("a=ice-lite", bundle, *first[start:second])) + "\r\n"
