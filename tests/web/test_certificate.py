"""The local authority: a client that trusts it connects, one that does not is refused."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest

from web.certificate import CertificateFiles, make_certificate


async def shake_hands(files: CertificateFiles, client: ssl.SSLContext, name: str) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = await asyncio.start_server(close, "127.0.0.1", 0, ssl=server)
    port = listening.sockets[0].getsockname()[1]
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        writer.close()
        await writer.wait_closed()
    finally:
        listening.close()


async def test_a_browser_that_installed_the_authority_connects(tmp_path: Path) -> None:
    files = make_certificate(tmp_path / "keys", ["hop.quanba.example", "127.0.0.1"])
    trusting = ssl.create_default_context(cafile=str(files.authority))
    await shake_hands(files, trusting, "hop.quanba.example")
    await shake_hands(files, trusting, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(files, trusting, "other.example")


def test_the_authority_is_kept_and_keys_are_private(tmp_path: Path) -> None:
    first = make_certificate(tmp_path / "keys", ["a.example"]).authority.read_bytes()
    files = make_certificate(tmp_path / "keys", ["b.example"])
    assert files.authority.read_bytes() == first
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys" / "ca.key").stat().st_mode) == 0o600


def test_a_certificate_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        make_certificate(tmp_path, [])
