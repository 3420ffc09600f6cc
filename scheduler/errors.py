"""What can go wrong in the scheduler.

SchedulerError
├── Refused            the caller's mistake: told to the person, with a stable ``code`` and the ``values`` of the case
│   ├── NotAllowed     · NotFound (or not to be seen) · WrongStage · Stale · Duplicate
│   ├── Invalid        fields → code of what is wrong
│   ├── SecretRefused  state secrets are not taken in; nothing was stored
│   ├── SecretStays    on an isolated installation: not exported
│   ├── LinkRefused    a site link that is forged, expired or revoked
│   └── TicketRefused  a ticket of a foreign client that does not open this door
├── OutsideFailure     the other side's: MailFailed
└── OurFailure         the installation's: DemonstrationDataMissing

Texts for people are made from ``code`` and ``values`` where they are shown; the messages here are for logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class SchedulerError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "scheduler_error"

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message or type(self).__doc__ or self.code)
        self.values = values


class Refused(SchedulerError):
    """The request is refused."""

    code: ClassVar[str] = "refused"


class NotAllowed(Refused):
    """Somebody else may do this; ``act`` is what was tried, ``who`` names the roles that may."""

    code: ClassVar[str] = "not_allowed"

    def __init__(self, act: str, who: tuple[str, ...] = ()) -> None:
        super().__init__(f"not allowed: {act}", act=act, who=who)
        self.act = act
        self.who = who


class NotFound(Refused):
    """There is no such thing, or it is not to be seen by this person."""

    code: ClassVar[str] = "not_found"

    def __init__(self, kind: str, id: str | None = None) -> None:
        super().__init__(f"no {kind} {id or ''}".strip(), kind=kind, id=id)


class WrongStage(Refused):
    """The meeting's stage does not allow it."""

    code: ClassVar[str] = "wrong_stage"

    def __init__(self, stage: str, act: str) -> None:
        super().__init__(f"{act} is not possible while the meeting is {stage}", stage=stage, act=act)


class Stale(Refused):
    """Somebody else changed it meanwhile."""

    code: ClassVar[str] = "stale"

    def __init__(self, yours: int, current: int | None) -> None:
        super().__init__(f"version {yours} is stale, the current one is {current}", yours=yours, current=current)


class Duplicate(Refused):
    """It is there already."""

    code: ClassVar[str] = "duplicate"

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field} {value!r} exists already", field=field, value=value)


class Invalid(Refused):
    """Fields that are wrong, each with the code of its message (``items.2.minutes``: ``not_positive``)."""

    code: ClassVar[str] = "invalid"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {code}" for name, code in fields.items()), fields=dict(fields))
        self.fields = dict(fields)


class SecretRefused(Refused):
    """State secrets are not taken in here; nothing was stored."""

    code: ClassVar[str] = "secret_refused"

    def __init__(self, marking: str) -> None:
        super().__init__(f"marking {marking} is refused", marking=marking)
        self.marking = marking


class SecretStays(Refused):
    """What is marked secret does not leave this installation."""

    code: ClassVar[str] = "secret_stays"


class LinkRefused(Refused):
    """A site link that does not open anything; ``state`` is "unknown", "expired" or "revoked"."""

    code: ClassVar[str] = "link_refused"

    def __init__(self, state: str, contact_phone: str = "") -> None:
        super().__init__(f"the link is {state}", state=state, contact_phone=contact_phone)
        self.state = state


class TicketRefused(Refused):
    """A ticket that does not open this; ``state`` is "missing", "unknown", "revoked", "expired" or "other"."""

    code: ClassVar[str] = "ticket_refused"

    def __init__(self, state: str) -> None:
        super().__init__(f"the ticket is {state}", state=state)
        self.state = state


class OutsideFailure(SchedulerError):
    """Something outside this installation failed."""

    code: ClassVar[str] = "outside_failure"


class MailFailed(OutsideFailure):
    """A letter could not be handed over; ``reason`` is in words for people, ``permanent`` says not to try again."""

    code: ClassVar[str] = "mail_failed"

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason, reason=reason)
        self.reason = reason
        self.permanent = permanent


class OurFailure(SchedulerError):
    """This installation is at fault."""

    code: ClassVar[str] = "our_failure"


class DemonstrationDataMissing(OurFailure):
    """The demonstration organisation needs an optional package."""

    code: ClassVar[str] = "demonstration_data_missing"

    def __init__(self) -> None:
        super().__init__(
            "the demonstration organisation is made from the package vietnam-provinces 0.6.0; "
            'install it with: pip install "giaoban[demo]"'
        )
