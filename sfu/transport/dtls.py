"""DTLS 1.2 for one peer (RFC 5764), with OpenSSL over memory: datagrams in, datagrams and SRTP keys out.

The peer's certificate counts for nothing but its fingerprint, which must be one of those signalled. The handshake's
retransmission timer lives in OpenSSL; the shell asks for ``next_timeout`` and calls ``handle_timeout``.
"""

from __future__ import annotations

import hmac
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL
from OpenSSL.crypto import X509

from sfu.errors import HandshakeFailed
from sfu.plane.plane import SrtpKeys, SrtpProfile
from sfu.transport.certificate import Certificate

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}
KEY_SIZES: dict[SrtpProfile, tuple[int, int]] = {  # key, salt
    "AEAD_AES_128_GCM": (16, 12),
    "AEAD_AES_256_GCM": (32, 12),
    "AES128_CM_SHA1_80": (16, 14),
}
MAX_DATAGRAM = 1200
MOST_MESSAGES = 64  # that wait
CIPHERS = b":".join(
    (
        b"ECDHE-ECDSA-AES128-GCM-SHA256",
        b"ECDHE-ECDSA-AES256-GCM-SHA384",
        b"ECDHE-ECDSA-CHACHA20-POLY1305",
        b"ECDHE-RSA-AES128-GCM-SHA256",
    )
)
DTLS_1_2 = 0xFEFD

State = Literal["new", "connected", "closed", "failed"]


class _Expected:
    """What a connection's peer must show; travels with it as OpenSSL's application data."""

    def __init__(self, fingerprints: list[tuple[str, str]]) -> None:
        self.fingerprints = fingerprints
        self.refused = False

    def accepts(self, certificate: x509.Certificate) -> bool:
        """Remembers a refusal, so that the failure can say why."""
        self.refused = not any(_matches(certificate, *fingerprint) for fingerprint in self.fingerprints)
        return not self.refused


def _verify(connection: SSL.Connection, certificate: X509, error: int, depth: int, ok: int) -> bool:
    """Called inside the handshake: a wrong certificate is answered by an alert, before any Finished of ours."""
    expected = connection.get_app_data()
    return isinstance(expected, _Expected) and (depth > 0 or expected.accepts(certificate.to_cryptography()))


def make_context(certificate: Certificate, profiles: tuple[SrtpProfile, ...]) -> SSL.Context:
    """One context for all peers of a worker; the server's order of profiles wins."""
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_min_proto_version(DTLS_1_2)
    context.set_max_proto_version(DTLS_1_2)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
    context.use_certificate(certificate.certificate)
    context.use_privatekey(certificate.key)
    context.set_cipher_list(CIPHERS)
    context.set_tlsext_use_srtp(":".join(f"SRTP_{p}" for p in profiles).encode())
    return context


class DtlsTransport:
    """One handshake and what is left of the connection after it (alerts)."""

    def __init__(
        self, context: SSL.Context, fingerprints: list[tuple[str, str]], role: Literal["server", "client"] = "server"
    ) -> None:
        self.state: State = "new"
        self.keys: SrtpKeys | None = None
        self.error: HandshakeFailed | None = None
        self._expected = _Expected(fingerprints)
        self._role = role
        self._out: list[bytes] = []
        self._in: list[bytes] | None = None
        self._ssl = SSL.Connection(context, None)
        self._ssl.set_app_data(self._expected)
        self._ssl.set_ciphertext_mtu(MAX_DATAGRAM)
        if role == "server":
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()

    def listen(self) -> None:
        """Keep what the peer says inside the connection: for links; of others it is dropped."""
        self._in = []

    def messages(self) -> list[bytes]:
        """What the peer said since the last call."""
        messages = self._in or []
        if messages:
            self._in = []
        return messages

    def send(self, message: bytes) -> None:
        """Say something inside the connection, which may get lost; at most what fits a datagram."""
        if self.state == "connected":
            try:
                self._ssl.send(message)
            except SSL.Error:
                return
            self._collect()

    def start(self) -> None:
        """Send the first flight (client only)."""
        self._step()

    def receive_datagram(self, data: bytes) -> None:
        """Take one DTLS datagram; a ClientHello may need two."""
        if self.state in ("closed", "failed") or not data:
            return
        self._ssl.bio_write(data)
        if self.state == "new":
            self._step()
        else:
            self._read_alerts()
        self._collect()

    def datagrams_to_send(self) -> list[bytes]:
        """What must go to the peer now."""
        out, self._out = self._out, []
        return out

    def next_timeout(self) -> float | None:
        """Seconds until OpenSSL wants to retransmit."""
        return self._ssl.DTLSv1_get_timeout() if self.state == "new" else None

    def handle_timeout(self) -> None:
        """Retransmit the last flight if it is due."""
        if self.state != "new":
            return
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(f"no answer to DTLS: {error}")
        self._collect()

    def close(self) -> None:
        """Say good-bye with close_notify."""
        if self.state == "connected":
            self.state = "closed"
            try:
                self._ssl.shutdown()
            except SSL.Error:
                return
            self._collect()

    def _step(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._collect()
            return
        except SSL.Error as error:
            self._collect()
            wrong = "the peer's certificate is not the one it signalled"
            self._fail(wrong if self._expected.refused else f"DTLS handshake: {_reason(error)}")
            return
        self._collect()
        try:
            self.keys = self._export_keys()
            self.state = "connected"
        except HandshakeFailed as failure:
            self._fail(str(failure))

    def _read_alerts(self) -> None:
        try:
            while True:
                message = self._ssl.recv(2048)  # data channels are not ours
                if self._in is not None and len(self._in) < MOST_MESSAGES:
                    self._in.append(message)
        except SSL.WantReadError:
            return
        except (SSL.ZeroReturnError, SSL.SysCallError):
            self.state = "closed"
        except SSL.Error:
            return  # a forged or damaged record changes nothing

    def _collect(self) -> None:
        """Cut what OpenSSL wrote into datagrams at record boundaries."""
        while True:
            try:
                data = self._ssl.bio_read(65536)
            except SSL.WantReadError:
                return
            self._out += split_records(data)

    def _fail(self, message: str) -> None:
        self.state = "failed"
        self.error = HandshakeFailed(message)

    def _export_keys(self) -> SrtpKeys:
        selected = self._ssl.get_selected_srtp_profile().decode().removeprefix("SRTP_")
        for profile, (key, salt) in KEY_SIZES.items():
            if profile == selected:
                material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt), None)
                client = material[:key] + material[2 * key : 2 * key + salt]
                server = material[key : 2 * key] + material[2 * key + salt :]
                return (
                    SrtpKeys(profile, receive=client, send=server)
                    if self._role == "server"
                    else SrtpKeys(profile, receive=server, send=client)
                )
        raise HandshakeFailed("no SRTP profile in common")


def split_records(data: bytes) -> list[bytes]:
    """Group DTLS records (13-byte header) into datagrams of at most MAX_DATAGRAM where a record allows."""
    datagrams: list[bytes] = []
    start = position = 0
    while position + 13 <= len(data):
        end = position + 13 + int.from_bytes(data[position + 11 : position + 13], "big")
        if end - start > MAX_DATAGRAM and position > start:
            datagrams.append(data[start:position])
            start = position
        position = end
    if start < len(data):
        datagrams.append(data[start:])
    return datagrams


def _matches(certificate: x509.Certificate, algorithm: str, digest: str) -> bool:
    function = HASHES.get(algorithm)
    if function is None:
        return False
    ours = certificate.fingerprint(function).hex().upper()
    return hmac.compare_digest(ours.encode(), digest.replace(":", "").upper().encode())


def _reason(error: SSL.Error) -> str:
    parts = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(part[-1]) for part in parts) or str(error) or type(error).__name__
