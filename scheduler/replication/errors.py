"""Errors of replication.

ReplicationError
├── PeerFault             the other side's: the link closes, an administrator sees the code
│   ├── MalformedFrame      not a message of the protocol, or one at the wrong time
│   ├── NoCommonVersion     too old or too new for us
│   ├── UnknownNode         not linked with us, or revoked
│   ├── WrongSide           dials us though it is above us as we know it: each takes the other for the upper one
│   ├── BadProof            could not prove to be who it says it is
│   ├── Silent              nothing was heard for too long
│   ├── ForeignOrigin       facts of a log that does not come from its side of the link
│   ├── BrokenChain         a fact was altered, replaced or left out
│   ├── BadSeal             the origin's signature does not hold
│   ├── Gap                 facts are missing before those that came
│   ├── Forked              the log was continued in two ways
│   └── StaleEpoch          an earlier epoch goes on after a later one has begun
├── Ended                 the other side said goodbye: ``code`` is its reason
└── Parked                one log cannot go on for now; the link and the other logs do
"""

from __future__ import annotations

from typing import ClassVar


class ReplicationError(Exception):
    code: ClassVar[str] = "replication"


class PeerFault(ReplicationError):
    """``code`` is stable: in the close frame, beside the node on the operator's page, in the log."""

    code: ClassVar[str] = "fault"


class MalformedFrame(PeerFault):
    code: ClassVar[str] = "malformed"


class NoCommonVersion(PeerFault):
    code: ClassVar[str] = "version"


class UnknownNode(PeerFault):
    code: ClassVar[str] = "unknown_node"


class WrongSide(PeerFault):
    code: ClassVar[str] = "wrong_side"


class BadProof(PeerFault):
    code: ClassVar[str] = "bad_proof"


class Silent(PeerFault):
    code: ClassVar[str] = "silent"


class ForeignOrigin(PeerFault):
    code: ClassVar[str] = "foreign_origin"


class BrokenChain(PeerFault):
    code: ClassVar[str] = "broken_chain"


class BadSeal(PeerFault):
    code: ClassVar[str] = "bad_seal"


class Gap(PeerFault):
    code: ClassVar[str] = "gap"


class Forked(PeerFault):
    code: ClassVar[str] = "forked"


class StaleEpoch(PeerFault):
    code: ClassVar[str] = "stale_epoch"


class Ended(ReplicationError):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.ended_code = code
        self.detail = detail


class Parked(ReplicationError):
    """``reason``: ``unknown_fact`` (a newer version made it), ``unknown_meeting`` (not of our tree, or not
    yet), ``storage`` (our disk), ``too_large``."""

    code: ClassVar[str] = "parked"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail
