"""DTLS over memory: profiles, fingerprints, fragments, losses, garbage, good-bye."""

from __future__ import annotations

import datetime
import random

import pytest

from sfu.plane.plane import SrtpProfile
from sfu.settings import SRTP_PROFILES
from sfu.transport.certificate import Certificate, new_certificate
from sfu.transport.dtls import DtlsTransport, make_context, split_records

NOW = datetime.datetime.now(datetime.UTC)
OURS, THEIRS = new_certificate(NOW), new_certificate(NOW)


def pair(
    server: tuple[SrtpProfile, ...] = SRTP_PROFILES,
    client: tuple[SrtpProfile, ...] = SRTP_PROFILES,
    expected: Certificate = THEIRS,
) -> tuple[DtlsTransport, DtlsTransport]:
    return (
        DtlsTransport(make_context(OURS, server), [("sha-256", expected.fingerprint)]),
        DtlsTransport(make_context(THEIRS, client), [("sha-256", OURS.fingerprint)], "client"),
    )


def carry(server: DtlsTransport, client: DtlsTransport, rounds: int = 6) -> None:
    for _ in range(rounds):
        for datagram in client.datagrams_to_send():
            server.receive_datagram(datagram)
        for datagram in server.datagrams_to_send():
            client.receive_datagram(datagram)


@pytest.mark.parametrize("profile", SRTP_PROFILES)
def test_both_sides_get_the_same_keys_crossed(profile: SrtpProfile) -> None:
    server, client = pair((profile,))
    client.start()
    carry(server, client)
    assert server.keys is not None and client.keys is not None
    assert server.keys.profile == profile
    assert (server.keys.receive, server.keys.send) == (client.keys.send, client.keys.receive)
    assert server.state == client.state == "connected" and server.next_timeout() is None


def test_the_servers_order_of_profiles_wins() -> None:
    server, client = pair(client=tuple(reversed(SRTP_PROFILES)))
    client.start()
    carry(server, client)
    assert server.keys is not None and server.keys.profile == "AEAD_AES_128_GCM"


def test_a_certificate_that_was_not_signalled_is_refused() -> None:
    server, client = pair(expected=OURS)
    client.start()
    carry(server, client)
    assert server.state == "failed" and server.keys is None
    assert server.error is not None and "not the one it signalled" in str(server.error)


def test_an_unknown_hash_function_matches_nothing() -> None:
    server = DtlsTransport(make_context(OURS, SRTP_PROFILES), [("md5", THEIRS.fingerprint)])
    client = pair()[1]
    client.start()
    carry(server, client)
    assert server.state == "failed"


def test_a_client_hello_in_two_datagrams_is_put_together() -> None:
    server, client = pair()
    client.start()
    (hello,) = client.datagrams_to_send()
    for fragment in fragments(hello, 90):
        server.receive_datagram(fragment)
    for datagram in server.datagrams_to_send():
        client.receive_datagram(datagram)
    carry(server, client)
    assert server.state == client.state == "connected"


def fragments(record: bytes, at: int) -> list[bytes]:
    """A handshake record as two records with fragments of its message (RFC 6347 4.2.3)."""
    header, message = record[:13], record[13:]
    kind_and_length, sequence, body = message[:4], message[4:6], message[12:]
    made = []
    # record numbers the client itself will not use soon, or its next flight would be taken for a replay
    for number, start, part in ((0, 0, body[:at]), (40, at, body[at:])):
        inner = kind_and_length + sequence + start.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part
        made.append(header[:5] + number.to_bytes(6, "big") + len(inner).to_bytes(2, "big") + inner)
    return made


def test_garbage_before_and_after_the_handshake_changes_nothing() -> None:
    noise = random.Random(1)
    server, client = pair()
    client.start()
    for _ in range(50):
        server.receive_datagram(bytes([noise.randint(20, 63)]) + noise.randbytes(noise.randint(0, 300)))
    before = server.state
    carry(server, client)
    for _ in range(50):
        server.receive_datagram(bytes([noise.randint(20, 63)]) + noise.randbytes(noise.randint(0, 300)))
    server.receive_datagram(b"")
    assert (before, server.state) == ("new", "connected")


def test_a_timeout_is_asked_for_while_an_answer_is_due() -> None:
    _, client = pair()
    client.start()
    assert client.datagrams_to_send()
    timeout = client.next_timeout()
    assert timeout is not None and 0 < timeout <= 1.0
    client.handle_timeout()  # not due yet: nothing happens
    assert client.datagrams_to_send() == [] and client.state == "new"


def test_good_bye_is_understood() -> None:
    server, client = pair()
    client.start()
    carry(server, client)
    client.close()
    carry(server, client)
    assert server.state == "closed"
    server.close()
    server.receive_datagram(b"\x16\xfe\xfd")


def test_datagrams_end_where_records_end() -> None:
    record = b"\x16\xfe\xfd" + bytes(8) + (500).to_bytes(2, "big") + bytes(500)
    assert [len(d) for d in split_records(record * 5)] == [1026, 1026, 513]
    big = b"\x16\xfe\xfd" + bytes(8) + (3000).to_bytes(2, "big") + bytes(3000)
    assert [len(d) for d in split_records(record + big)] == [513, 3013]
    assert split_records(b"") == []
