"""Sessions: cookies, CSRF, Origin, limits, fixation, one-time links; nothing tells a wrong login from a wrong word."""

from __future__ import annotations

import statistics
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import func, select, update

from scheduler.database import Database
from scheduler.organization.demonstration import demo_id
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from tests.web.conftest import ORIGIN, PASSWORD, World, open_world
from web.accounts import Account, LoginSession, hash_token

SECRETARY = "thuky.quanba"


async def test_a_login_tells_who_one_is(world: World) -> None:
    visitor = await world.visitor()
    assert (await visitor.get("/api/session")).status_code == 401
    answer = await visitor.log_in("THUKY.quanba ")
    assert answer.status_code == 200
    session = answer.json()
    assert session["person"]["id"] == demo_id("person:thuky.quanba")
    assert session["person"]["posts"][0]["unit_title"] == "huyện Quản Bạ"
    assert session["roles"] == [{"role": "secretary", "unit_id": demo_id("unit:quanba")}]
    assert session["banner"] == "Dữ liệu minh họa – mô hình trước 01/7/2025"
    assert (await visitor.get("/api/session")).json() == session


async def test_the_cookie_is_for_our_pages_only_and_its_token_is_not_stored(small_world: World) -> None:
    visitor = await small_world.visitor()
    cookie = (await visitor.log_in(SECRETARY)).headers["set-cookie"]
    assert cookie.startswith("giaoban_session=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    token = visitor.http.cookies["giaoban_session"]
    async with small_world.database.reading() as session:
        hashes = set(await session.scalars(select(LoginSession.token_hash)))
    assert hash_token(token) in hashes and token not in hashes


async def test_under_tls_the_cookie_is_secure_and_browsers_are_told(filled_database: Database, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"public_url": "https://giaoban.example", "behind_proxy": True}
    async with open_world(filled_database, tmp_path / "data", **settings) as world:
        visitor = await world.visitor()
        visitor.http.headers["origin"] = "https://giaoban.example"
        answer = await visitor.log_in(SECRETARY)
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_changing_request_needs_the_sessions_token(small_world: World) -> None:
    visitor = await small_world.visitor()
    await visitor.log_in(SECRETARY)
    other = await small_world.person("chutich.quanba")
    for token in ("", "x", "é", other.csrf, visitor.csrf.upper()):
        answer = await visitor.http.patch(
            "/api/session", json={"language": "en"}, headers={b"x-csrf-token": token.encode()}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_csrf_token"), token
    assert (await visitor.patch("/api/session", json={"language": "en"})).status_code == 200
    assert (await visitor.get("/api/session")).json()["language"] == "en"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ORIGIN}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:8001"}, 403),
        ({"origin": "file://localhost:8000"}, 403),
        ({"origin": "http://hop.example", "host": "hop.example"}, 200),  # another name of this server
        ({"origin": "http://evil.example", "host": "hop.example"}, 403),
    ],
)
async def test_another_sites_pages_cannot_change_anything(
    small_world: World, headers: dict[str, str], status: int
) -> None:
    visitor = await small_world.visitor()
    answer = await visitor.post("/api/session", json={"login": SECRETARY, "password": PASSWORD}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "foreign_origin"


async def test_a_login_ends_the_session_the_browser_had_before(world: World) -> None:
    """No fixation: a token planted before the login is worth nothing after it."""
    visitor = await world.visitor()
    await visitor.log_in("chutich.quanba")
    planted = visitor.http.cookies["giaoban_session"]
    await visitor.log_in(SECRETARY)
    assert visitor.http.cookies["giaoban_session"] != planted
    thief = await world.visitor()
    for token in (planted, "planted-by-hand"):
        thief.http.cookies.set("giaoban_session", token, domain="localhost.local", path="/")
        assert (await thief.get("/api/session")).status_code == 401
    await thief.log_in(SECRETARY)
    assert thief.http.cookies["giaoban_session"] != "planted-by-hand"


async def test_logging_out_ends_the_session_for_good(small_world: World) -> None:
    visitor = await small_world.visitor()
    await visitor.log_in(SECRETARY)
    token = visitor.http.cookies["giaoban_session"]
    assert (await visitor.delete("/api/session")).status_code == 204
    visitor.http.cookies.set("giaoban_session", token, domain="localhost.local", path="/")
    assert (await visitor.get("/api/session")).status_code == 401


async def test_five_failures_close_the_login_for_a_while(small_world: World) -> None:
    visitor = await small_world.visitor("192.0.2.66")
    for _ in range(5):
        assert (await visitor.log_in(SECRETARY, "wrong")).status_code == 401
        small_world.clock.pass_(seconds=10)
    answer = await visitor.log_in(SECRETARY)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "250")
    elsewhere = await small_world.visitor("192.0.2.67")
    assert (await elsewhere.log_in(SECRETARY)).status_code == 429  # by login …
    assert (await visitor.log_in("chutich.quanba")).status_code == 429  # … and by address
    assert (await elsewhere.log_in("chutich.quanba")).status_code == 200
    small_world.clock.pass_(seconds=251)
    assert (await visitor.log_in(SECRETARY)).status_code == 200


async def test_an_unknown_login_and_a_wrong_password_look_alike(small_world: World) -> None:
    """The same answer after the same work, whoever asks."""
    took: dict[str, list[float]] = {SECRETARY: [], "nobody.at.all": []}
    bodies = set()
    for turn in range(12):
        for login, seconds in took.items():
            visitor = await small_world.visitor(f"198.51.100.{turn}")
            small_world.clock.pass_(hours=1)
            started = perf_counter()
            answer = await visitor.log_in(login, "wrong")
            seconds.append(perf_counter() - started)
            bodies.add((answer.status_code, answer.text))
    assert len(bodies) == 1
    known, unknown = (statistics.median(seconds[2:]) for seconds in took.values())
    assert 0.2 < known / unknown < 5  # one does not skip the hash


async def test_a_session_ends_when_idle_and_in_the_end_anyway(small_world: World) -> None:
    visitor = await small_world.visitor()
    await visitor.log_in(SECRETARY)
    for _ in range(5):
        small_world.clock.pass_(hours=11)
        assert (await visitor.get("/api/session")).status_code == 200
    small_world.clock.pass_(hours=13)
    assert (await visitor.get("/api/session")).status_code == 401
    await visitor.log_in(SECRETARY)
    statuses = []
    for _ in range(8):
        small_world.clock.pass_(hours=10)
        statuses.append((await visitor.get("/api/session")).status_code)
    assert statuses == [200] * 7 + [401]


async def test_somebody_no_longer_active_is_out_at_once(small_world: World) -> None:
    visitor = await small_world.visitor()
    await visitor.log_in(SECRETARY)
    async with small_world.database.transaction() as session:
        person = await session.get_one(Person, demo_id("person:thuky.quanba"))
        person.active = False
    assert (await visitor.get("/api/session")).status_code == 401


async def test_a_new_link_of_the_site_ends_its_old_sessions(world: World) -> None:
    key = "quanba.quanba"
    site = await world.site(key)
    assert (await site.get("/api/session")).json()["site"]["id"] == demo_id(f"site:{key}")
    administrator = await world.person("quantri.quanba")
    token = await world.token(key)
    answer = await administrator.post(f"/api/sites/{demo_id(f'site:{key}')}/new-link")
    assert answer.status_code == 200
    assert (await site.get("/api/session")).status_code == 401
    late = await world.visitor()
    assert (await late.get(f"/api/site-links/{token}")).json()["state"] == "revoked"
    answer = await late.post("/api/session/site", json={"token": token})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "link_revoked")


async def test_opening_a_link_changes_nothing(small_world: World) -> None:
    token, visitor = await small_world.token("quanba.quanba"), await small_world.visitor()
    before = await rows(small_world)
    opened = await visitor.get(f"/j/{token}")
    assert opened.headers["referrer-policy"] == "no-referrer" and "set-cookie" not in opened.headers
    shown = (await visitor.get(f"/api/site-links/{token}")).json()
    assert (shown["state"], shown["unit_title"], shown["reply"]) == ("valid", "xã Quản Bạ", "needs_action")
    assert await rows(small_world) == before


async def rows(small_world: World) -> tuple[int | None, int | None]:
    async with small_world.database.reading() as session:
        sessions = await session.scalar(select(func.count(LoginSession.id)))
        return sessions, await session.scalar(select(func.sum(Site.link_epoch)))


async def test_a_reset_link_works_once_and_ends_every_session(world: World) -> None:
    secretary = await world.person(SECRETARY)
    administrator = await world.person("quantri.quanba")
    person = demo_id("person:thuky.quanba")
    first = (await administrator.post(f"/api/persons/{person}/reset-password")).json()["url"].rsplit("/", 1)[1]
    made = (await administrator.post(f"/api/persons/{person}/reset-password")).json()
    token = made["url"].rsplit("/", 1)[1]
    assert made["login"] == SECRETARY and made["url"].startswith("http://localhost:8000/password/")
    assert (await secretary.get("/api/session")).status_code == 401
    visitor = await world.visitor()
    for dead in (first, "x", "ế", token[:-1]):
        answer = await visitor.post(f"/api/password-resets/{dead}", json={"new": "mật khẩu mới 1"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "reset_unknown")
    short = await visitor.post(f"/api/password-resets/{token}", json={"new": "ngắn"})
    assert (short.status_code, short.json()["error"]["code"]) == (422, "password_length")
    assert (await visitor.post(f"/api/password-resets/{token}", json={"new": "mật khẩu mới 1"})).status_code == 204
    assert (await visitor.post(f"/api/password-resets/{token}", json={"new": "mật khẩu mới 2"})).status_code == 404
    assert (await visitor.log_in(SECRETARY)).status_code == 401
    assert (await visitor.log_in(SECRETARY, "mật khẩu mới 1")).status_code == 200


async def test_a_reset_link_expires(small_world: World) -> None:
    administrator = await small_world.person("quantri.quanba")
    made = await administrator.post(f"/api/persons/{demo_id('person:thuky.quanba')}/reset-password")
    small_world.clock.pass_(hours=25)
    visitor = await small_world.visitor()
    token = made.json()["url"].rsplit("/", 1)[1]
    assert (await visitor.post(f"/api/password-resets/{token}", json={"new": "mật khẩu mới 1"})).status_code == 404


async def test_a_password_set_by_somebody_else_must_be_changed_first(small_world: World) -> None:
    async with small_world.database.transaction() as session:
        await session.execute(update(Account).where(Account.login == SECRETARY).values(must_change=True))
    visitor = await small_world.visitor()
    assert (await visitor.log_in(SECRETARY)).json()["must_change_password"] is True
    refused = await visitor.get("/api/today")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "password_change_needed")
    wrong = await visitor.post("/api/password", json={"old": "wrong", "new": "mật khẩu mới 1"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "wrong_old_password")
    answer = await visitor.post("/api/password", json={"old": PASSWORD, "new": "mật khẩu mới 1"})
    assert answer.status_code == 200
    visitor.csrf = answer.json()["csrf"]
    assert (await visitor.get("/api/today")).status_code == 200


async def test_expired_sessions_are_cleared_away(small_world: World) -> None:
    from web.authentication import forget_expired

    await small_world.person(SECRETARY)
    async with small_world.database.transaction() as session:
        await forget_expired(session, small_world.clock.now + timedelta(days=30))
    async with small_world.database.reading() as reading:
        assert await reading.scalar(select(func.count(LoginSession.id))) == 0
