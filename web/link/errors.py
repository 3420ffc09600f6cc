"""Errors of the link between installations.

LinkError
├── NotLinked      the caller asks a node that is no neighbour, or is out of reach now
├── TooManyRequests  the caller asks faster than the other side answers
├── TooLarge       the caller's body does not fit a request
├── TimedOut       the other side did not answer in time (it may have done what was asked)
├── WentDown       the link broke while the other side was answering (it may have done what was asked)
├── RefusedThere   the other side answered, and refused: ``code``, ``detail``
└── RequestRefused raised by a handler: what the other side asked is refused; it gets ``code`` and ``detail``
"""

from __future__ import annotations


class LinkError(Exception):
    pass


class NotLinked(LinkError):
    def __init__(self, node: str) -> None:
        super().__init__(f"no link to {node}")
        self.node = node


class TooManyRequests(LinkError):
    def __init__(self, node: str) -> None:
        super().__init__(f"too many requests wait for an answer of {node}")
        self.node = node


class TooLarge(LinkError):
    def __init__(self, kind: str, size: int) -> None:
        super().__init__(f"{kind}: a body of {size} bytes")
        self.size = size


class TimedOut(LinkError):
    def __init__(self, node: str, kind: str) -> None:
        super().__init__(f"{node} did not answer {kind} in time")
        self.node = node
        self.kind = kind


class WentDown(LinkError):
    def __init__(self, node: str) -> None:
        super().__init__(f"the link to {node} went down")
        self.node = node


class RefusedThere(LinkError):
    def __init__(self, node: str, code: str, detail: str = "") -> None:
        super().__init__(f"{node} refused: {code} {detail}".strip())
        self.node = node
        self.code = code
        self.detail = detail


class RequestRefused(LinkError):
    """Say no to the other side."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
