"""Checks good and bad: integrity, keys, replay, floods, moves and restarts."""

from __future__ import annotations

from aioice import stun

from sfu.transport.ice import IceAgent, IceTable, UnauthenticatedLimit, new_credentials, username_of

HOME, AWAY, THIRD = ("192.0.2.1", 1000), ("192.0.2.2", 2000), ("198.51.100.3", 3000)
PWD = "p" * 24


def table() -> tuple[IceTable, IceAgent]:
    agents, agent = IceTable(), IceAgent("ours", PWD, "theirs")
    agents.add(agent, 7)
    return agents, agent


def check(
    username: str = "ours:theirs",
    pwd: str | None = PWD,
    *,
    nominate: bool = False,
    priority: int = 100,
    role: str = "ICE-CONTROLLING",
) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = username
    request.attributes["PRIORITY"] = priority
    request.attributes[role] = 5
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    if pwd is None:
        request.add_fingerprint()
    else:
        request.add_message_integrity(pwd.encode())
    return bytes(request)


def test_a_good_check_is_answered_with_our_integrity_and_gives_the_address() -> None:
    agents, agent = table()
    answered = agents.receive(check(), HOME, HOME, 1.0)
    assert answered is not None and answered[0] == 7
    response = stun.parse_message(answered[1])
    assert response.check_message_integrity(PWD.encode())
    assert response.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert agent.address == HOME and agent.last_check_at == 1.0


def test_a_check_without_integrity_is_refused_in_silence() -> None:
    agents, agent = table()
    assert agents.receive(check(pwd=None), HOME, HOME, 1.0) is None
    assert agent.address is None and agent.last_check_at is None and agents.refused == 1


def test_a_wrong_key_a_wrong_name_and_a_stranger_are_refused() -> None:
    agents, agent = table()
    for data in (check(pwd="q" * 24), check("ours:others"), check("nobody:theirs"), check("ours"), check("")):
        assert agents.receive(data, HOME, HOME, 1.0) is None
    assert agent.address is None


def test_responses_indications_and_other_methods_are_ignored() -> None:
    agents, _ = table()
    for kind in (stun.Class.RESPONSE, stun.Class.INDICATION, stun.Class.ERROR):
        message = stun.Message(stun.Method.BINDING, kind)
        message.attributes["USERNAME"] = "ours:theirs"
        message.add_message_integrity(PWD.encode())
        assert agents.receive(bytes(message), HOME, HOME, 1.0) is None
    allocate = stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)
    allocate.attributes["USERNAME"] = "ours:theirs"
    allocate.add_message_integrity(PWD.encode())
    assert agents.receive(bytes(allocate), HOME, HOME, 1.0) is None


def test_a_captured_check_sent_from_elsewhere_moves_nothing() -> None:
    agents, agent = table()
    captured = check(nominate=True)
    assert agents.receive(captured, HOME, HOME, 1.0) is not None
    assert agents.receive(captured, AWAY, AWAY, 1.1) is None
    assert agents.receive(captured, HOME, HOME, 1.2) is not None  # a retransmission is answered again
    assert agent.address == HOME


def test_the_other_role_is_told_of_the_conflict() -> None:
    agents, agent = table()
    answered = agents.receive(check(role="ICE-CONTROLLED"), HOME, HOME, 1.0)
    assert answered is not None and stun.parse_message(answered[1]).error_code == 487
    assert agent.address is None


def test_only_use_candidate_moves_a_live_peer() -> None:
    agents, agent = table()
    agents.receive(check(), HOME, HOME, 1.0)
    agents.receive(check(), AWAY, AWAY, 1.5)
    assert agent.address == HOME and agent.vouches_for(AWAY, 2.0) and not agent.vouches_for(THIRD, 2.0)
    agents.receive(check(nominate=True), AWAY, AWAY, 2.0)
    assert agent.address == AWAY


def test_of_two_nominated_paths_the_better_stays_while_it_is_alive() -> None:
    agents, agent = table()
    agents.receive(check(nominate=True, priority=200), HOME, HOME, 1.0)
    agents.receive(check(nominate=True, priority=100), AWAY, AWAY, 1.1)
    assert agent.address == HOME
    agents.receive(check(nominate=True, priority=100), AWAY, AWAY, 5.0)
    assert agent.address == AWAY


def test_a_port_that_the_network_rebound_is_followed_when_the_old_is_silent() -> None:
    agents, agent = table()
    agents.receive(check(nominate=True), HOME, HOME, 1.0)
    agents.receive(check(), AWAY, AWAY, 4.0)
    assert agent.address == HOME
    agents.receive(check(), AWAY, AWAY, 8.0)
    assert agent.address == AWAY


def test_after_a_restart_only_the_new_credentials_count_and_the_first_check_moves() -> None:
    agents, agent = table()
    agents.receive(check(nominate=True), HOME, HOME, 1.0)
    agents.remove(agent)
    agent.restart("newer", "n" * 24, "fresh")
    agents.add(agent, 7)
    assert agents.receive(check(nominate=True), HOME, HOME, 2.0) is None
    assert agent.address == HOME
    assert not agent.path_changed
    assert agents.receive(check("newer:fresh", "n" * 24), AWAY, AWAY, 3.0) is not None
    assert agent.address == AWAY and agent.path_changed


def test_a_flood_of_one_host_is_cut_short_and_the_others_are_served() -> None:
    agents, _ = table()
    for _ in range(5000):
        agents.receive(check("nobody:theirs"), AWAY, AWAY, 1.0)
    assert agents.receive(check(), AWAY, AWAY, 1.0) is None
    assert agents.receive(check(), HOME, HOME, 1.0) is not None
    assert agents.receive(check(), AWAY, AWAY, 2.0) is not None


def test_good_checks_never_use_up_the_allowance() -> None:
    limit = UnauthenticatedLimit(2)
    for _ in range(100):
        assert limit.allows("h", 1.0)
        limit.forgive("h")
    assert [limit.allows("h", 1.0) for _ in range(3)] == [True, True, False]


def test_paths_and_transactions_kept_are_few() -> None:
    agents, agent = table()
    for port in range(1000, 2000):
        agents.receive(check(), ("192.0.2.1", port), ("192.0.2.1", port), 1.0 + port / 100)
    assert len(agent._paths) <= 17 and len(agent._transactions) <= 256


def test_checks_from_many_addresses_do_not_move_a_live_peer() -> None:
    """The path in use is never the one that is forgotten."""
    agents, agent = table()
    agents.receive(check(nominate=True), HOME, HOME, 1.0)
    for port in range(1000, 1100):
        agents.receive(check(), ("192.0.2.3", port), ("192.0.2.3", port), 2.0)
    assert agent.address == HOME and agent.vouches_for(HOME, 2.0)


def test_credentials_are_long_enough_and_never_the_same() -> None:
    pairs = {new_credentials() for _ in range(100)}
    assert len(pairs) == 100 and all(len(u) >= 4 and len(p) >= 22 for u, p in pairs)


def test_strangers_of_a_peers_host_do_not_use_up_what_it_may_send() -> None:
    """Somebody behind the same NAT, or who forges its address."""
    agents, _ = table()
    assert agents.receive(check(), HOME, HOME, 1.0) is not None
    for port in range(2000, 2500):
        agents.receive(check("nobody:theirs"), (HOME[0], port), (HOME[0], port), 1.0)
    assert agents.receive(check(), (HOME[0], 9999), (HOME[0], 9999), 1.0) is None
    assert agents.receive(check(), HOME, HOME, 1.0, known=True, owner=7) is not None


def test_an_address_in_use_belongs_to_nobody_else() -> None:
    agents, _ = table()
    other = IceAgent("other", PWD, "hostile")
    agents.add(other, 8)
    assert agents.receive(check(), HOME, HOME, 1.0) is not None
    assert agents.receive(check("other:hostile"), HOME, HOME, 2.0, known=True, owner=7) is None
    assert other.address is None
    assert agents.receive(check("other:hostile"), HOME, HOME, 20.0, known=True) is not None  # nobody lives there now


def test_of_ipv6_a_whole_network_is_one_host() -> None:
    agents, _ = table()
    for number in range(500):
        source = (f"2001:db8:0:1::{number:x}", 1000)
        agents.receive(check("nobody:theirs"), source, source, 1.0)
    for host, expected in (("2001:db8:0:1::ffff", False), ("2001:db8:0:2::1", True), ("fe80::1%2", True)):
        assert (agents.receive(check(), (host, 1), (host, 1), 1.0) is not None) is expected


def test_the_name_is_found_without_reading_the_message() -> None:
    assert username_of(check()) == "ours:theirs"
    assert username_of(check("tên:ai")) == "t\ufffd\ufffdn:ai"
    for data in (b"", bytes(20), bytes(23), check()[:20], b"\x00\x01\xff\xff" * 20, bytes(20) + b"\x00\x06\x00\xff"):
        assert username_of(data) == ""
