"""Letters against a real mail server, and into a folder; a letter delivered twice arrives once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scheduler.errors import MailFailed, NotFound
from scheduler.mail import FolderTransport, SmtpTransport, message_id, transport
from scheduler.settings import MailSettings


def letter(to: str = "diemcau.tamson@hagiang.example", subject: str = "Giấy mời họp") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "giaoban@hagiang.example"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Thu, 05 Nov 2026 01:30:00 +0000"
    message["X-Giaoban-Kind"] = "request"
    message["Message-ID"] = message_id("key-1", "giaoban@hagiang.example")
    message.set_content("Trân trọng kính mời.\n")
    return message


class Server:
    """A mail server of ours on a port the system chose; keeps what it accepted."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answers: dict[str, str] = {}  # recipient → refusal
        self.port = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(envelope.content)
        return "250 OK"


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(b"giaoban", b"secret")
    return AuthResult(success=good, handled=False)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return chain, private


@pytest.fixture
async def mail_server() -> AsyncIterator[Server]:
    handler = Server()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), "127.0.0.1", 0)
    handler.port = server.sockets[0].getsockname()[1]
    yield handler
    server.close()
    await server.wait_closed()


def plain(server: Server) -> MailSettings:
    return MailSettings(host="127.0.0.1", port=server.port, security="none", timeout_s=10)


async def test_a_letter_reaches_a_mail_server(mail_server: Server) -> None:
    await SmtpTransport(plain(mail_server)).deliver(letter(), "key-1")
    (received,) = mail_server.letters
    read = message_from_bytes(received, policy=policy.default)
    assert read["Subject"] == "Giấy mời họp"
    assert read["Message-ID"] == message_id("key-1", "giaoban@hagiang.example")
    assert read.get_content() == "Trân trọng kính mời.\r\n"


async def test_a_refused_address_is_told_in_words(mail_server: Server) -> None:
    mail_server.answers = {"a@hagiang.example": "550 no such mailbox", "b@hagiang.example": "450 mailbox busy"}
    for to, permanent in (("a@hagiang.example", True), ("b@hagiang.example", False)):
        with pytest.raises(MailFailed, match=f"Địa chỉ {to} không được nhận") as failed:
            await SmtpTransport(plain(mail_server)).deliver(letter(to), "key-1")
        assert failed.value.permanent is permanent
    assert mail_server.letters == []


async def test_no_mail_server_is_told_in_words() -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    settings = MailSettings(host="127.0.0.1", port=port, security="none", timeout_s=10)
    with pytest.raises(MailFailed, match=f"Không kết nối được máy chủ thư 127.0.0.1:{port}") as failed:
        await SmtpTransport(settings).deliver(letter(), "key-1")
    assert not failed.value.permanent


async def test_a_silent_mail_server_times_out() -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = MailSettings(host="127.0.0.1", port=port, security="none", timeout_s=0.2)
    with pytest.raises(MailFailed, match="không trả lời"):
        await SmtpTransport(settings).deliver(letter(), "key-1")
    server.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the test's server says so
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_and_login(tmp_path: Path, security: str) -> None:
    chain, private = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, private)
    handler = Server()
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"hostname": "localhost", "loop": loop, "authenticator": authenticate}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    else:
        options |= {"auth_require_tls": False, "auth_required": True}  # the whole connection is inside TLS already
    listening = context if security == "tls" else None
    server = await loop.create_server(lambda: SMTP(handler, **options), "localhost", 0, ssl=listening, family=2)
    port = server.sockets[0].getsockname()[1]
    good = MailSettings(
        host="localhost",
        port=port,
        security="tls" if security == "tls" else "starttls",
        username="giaoban",
        password="secret",
        ca_file=chain,
        timeout_s=10,
    )
    await SmtpTransport(good).deliver(letter(), "key-1")
    assert len(handler.letters) == 1
    with pytest.raises(MailFailed, match="từ chối tài khoản") as failed:
        await SmtpTransport(replace(good, password="wrong")).deliver(letter(), "key-2")
    assert failed.value.permanent
    with pytest.raises(MailFailed):  # an authority we were not told of is not trusted
        await SmtpTransport(replace(good, ca_file=None)).deliver(letter(), "key-3")
    assert len(handler.letters) == 1
    server.close()


async def test_the_folder_keeps_each_delivery_once(tmp_path: Path) -> None:
    folder = FolderTransport(tmp_path / "mail")
    assert await folder.list() == []
    await folder.deliver(letter(), "key-1")
    await folder.deliver(letter(subject="again"), "key-1")
    await folder.deliver(letter(subject="other"), "key-2")
    listed = await folder.list()
    assert sorted((one.id, one.subject, one.kind) for one in listed) == [
        ("key-1", "Giấy mời họp", "request"),
        ("key-2", "other", "request"),
    ]
    assert listed[0].at == datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
    assert b"Subject" in await folder.read("key-1")


async def test_no_path_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("x")
    folder = FolderTransport(tmp_path / "mail")
    for id in ("../secret", "..", "/etc/passwd", "", "a/b", "\0", "x" * 200, "missing"):
        with pytest.raises(NotFound):
            await folder.read(id)


async def test_a_folder_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("not a folder")
    with pytest.raises(MailFailed, match="Không ghi được thư"):
        await FolderTransport(tmp_path / "mail").deliver(letter(), "key-1")


def test_settings_choose_the_transport(tmp_path: Path) -> None:
    assert isinstance(transport(MailSettings(folder=tmp_path)), FolderTransport)
    assert isinstance(transport(MailSettings(folder=tmp_path, host="mail.example")), SmtpTransport)
    with pytest.raises(ValueError, match="neither"):
        transport(MailSettings())
