"""Settings of a media worker: frozen, handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sfu.plane.plane import SrtpProfile

SRTP_PROFILES: tuple[SrtpProfile, ...] = ("AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker takes on before it says ``full``."""

    rooms: int = 200
    peers: int = 1000
    peers_per_room: int = 400
    tcp_connections: int = 1000
    tcp_connections_per_host: int = 64
    tcp_write_queue_bytes: int = 512 * 1024
    links_per_room: int = 200
    unauthenticated_per_second: int = 50  # STUN and junk from one address before it is ignored


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    handshake_s: float = 30.0  # from join to DTLS done
    consent_s: float = 20.0  # without an authenticated check a peer counts as gone (browsers check every 2.5–5 s)
    vanished_s: float = 60.0  # its state is kept that long for an ICE restart
    tcp_silent_s: float = 10.0  # a TCP connection that never authenticates
    web_gone_s: float = 60.0  # rooms without a web process
    link_beat_s: float = 1.0  # the two sides of a link tell each other that they live
    link_lost_s: float = 3.0  # nothing heard for so long: the lower room goes on by itself
    link_tcp_after_s: float = 1.5  # no answer over UDP: TCP is tried beside it


@dataclass(frozen=True, slots=True)
class OverloadRule:
    """When something is given up, by the share of time that the packet thread is busy; see ``sfu.overload``."""

    busy: float = 0.9
    calm: float = 0.6
    shed_s: float = 2.0  # busy for so long: one step more
    restore_s: float = 10.0  # calm for so long: one step less


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """One worker. ``host_addresses`` empty = announce every local address; for NAT name the public one(s)."""

    host_addresses: tuple[str, ...] = ()
    udp_port: int = 0
    tcp_port: int = 0
    tcp: bool = True
    video_codec: Literal["vp8", "h264"] = "vp8"
    estimates_lines: bool = True  # else everybody gets everything: for measures beside servers that do the same
    srtp_profiles: tuple[SrtpProfile, ...] = SRTP_PROFILES
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    overload: OverloadRule = field(default_factory=OverloadRule)
