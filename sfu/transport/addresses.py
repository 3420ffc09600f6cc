"""Which of our addresses are announced as candidates, and whom an address of others belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr


def addresses_to_announce(configured: Iterable[str]) -> tuple[str, ...]:
    """The configured ones; else every local address, IPv4 first. Loopback only when there is nothing else."""
    named = tuple(configured)
    if named:
        return named
    found = [address for address in local_addresses() if not address.is_link_local]
    reachable = [address for address in found if not address.is_loopback]
    ordered = sorted(reachable or found, key=lambda address: address.version)
    return tuple(str(address) for address in dict.fromkeys(ordered))


def household(host: str) -> str:
    """Who an address belongs to when traffic is limited: of IPv6 anybody has a whole /64."""
    if ":" not in host:
        return host
    return f"{int(IPv6Address(host.partition('%')[0])) >> 64:x}::"


def local_addresses() -> list[IPv4Address | IPv6Address]:
    """Every address of every interface that is up."""
    return [
        ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0]) for nic in ifaddr.get_adapters() for ip in nic.ips
    ]
