"""Errors of the forwarding unit: the caller's mistakes, the peer's mistakes, and our own failures."""

from __future__ import annotations


class SfuError(Exception):
    """Root of everything this package raises on purpose."""


# -- the caller's mistake -------------------------------------------------------------------------------------------


class CallerError(SfuError):
    """The control side asked for something that cannot be."""


class UnknownRoom(CallerError):
    """No room of that name is open here."""


class UnknownPeer(CallerError):
    """No peer of that name is in a room here."""


class UnknownLink(CallerError):
    """No link of that name is here."""


class HasUpper(CallerError):
    """The room is linked to a room above already."""


class NotAllowed(CallerError):
    """The peer may not do that."""


class Draining(CallerError):
    """No new joins are taken before a planned restart."""


# -- the peer's mistake ---------------------------------------------------------------------------------------------


class PeerError(SfuError):
    """Something that came over the network cannot be accepted."""


class BadOffer(PeerError):
    """The offer cannot be answered; the message says which line or which lack is the reason."""


class BadLink(PeerError):
    """Offer, answer or statement of the other side of a link cannot be used; the message begins with why: ``version``,
    ``codec``, ``loop``, ``too_far`` or ``malformed``."""

    @property
    def cause(self) -> str:
        """Why, in one word."""
        return str(self).partition(":")[0]


class NoCodec(BadOffer):
    """The offer lacks the codec of the room's pictures: a Firefox without OpenH264."""


class FramingError(PeerError):
    """A TCP peer broke RFC 4571 framing."""


class HandshakeFailed(PeerError):
    """DTLS failed: wrong fingerprint, no SRTP profile, or a broken handshake."""


# -- our failure ----------------------------------------------------------------------------------------------------


class Full(SfuError):
    """A limit of this worker is reached."""


class CannotCapture(SfuError):
    """No file for a peer's packets can be made."""


class CannotListen(SfuError):
    """The UDP or TCP port cannot be opened."""
