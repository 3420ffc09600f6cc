"""What every answer carries, what no request may do, and that garbage never breaks anything."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.web.conftest import World, open_world
from tests.web.held import small_pdf
from web.app import create_app
from web.body_limit import JSON_LIMIT
from web.headers import content_security_policy
from web.logs import blank_secrets, scrub_path
from web.responses import STATUS
from web.settings import Settings


async def test_every_answer_carries_the_security_headers(small_world: World) -> None:
    visitor = await small_world.visitor()
    for path in ("/", "/meetings/1", "/api/session", "/api/nothing", "/assets/app-1a2b3c.js", "/j/x", "/healthz"):
        headers = (await visitor.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=(self)" in headers["permissions-policy"]
        assert headers["referrer-policy"] == ("no-referrer" if path == "/j/x" else "same-origin")
        assert "strict-transport-security" not in headers


async def test_health_and_measures_name_each_media_worker(small_world: World) -> None:
    visitor = await small_world.visitor()
    assert (await visitor.get("/healthz")).json()["media"] == {"media-1": False}
    measures = (await (await small_world.person("quantri")).get("/metrics")).text
    assert 'giaoban_media_worker_up{worker="media-1"} 0.0' in measures
    assert 'giaoban_media_worker_shed{worker="media-1"} 0.0' in measures


def test_a_forged_host_gets_no_place_in_the_policy() -> None:
    assert "wss://hop.example:8443" in content_security_policy("hop.example:8443")
    for host in ("x; script-src *", "evil.example/ *", "", "a b"):
        assert "wss:" not in content_security_policy(host)


async def test_pages_are_asked_for_again_and_hashed_files_kept_for_ever(small_world: World) -> None:
    visitor = await small_world.visitor()
    for path in ("/", "/rooms/1", "/j/x"):
        page = await visitor.get(path)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
        assert "page" in page.text
    file = await visitor.get("/assets/app-1a2b3c.js")
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/nothing.js", "/assets/nothing.js", "/%2e%2e/%2e%2e/secret.txt", "/x%00.js"):
        assert (await visitor.get(path)).status_code == 404, path
    for path in ("/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2f..%2fetc%2fpasswd"):
        assert "root:" not in (await visitor.get(path)).text


async def test_a_body_too_large_is_refused_by_its_length_and_by_its_bytes(small_world: World) -> None:
    visitor = await small_world.person("thuky.quanba")
    answer = await visitor.post("/api/meetings", content=b"x" * (JSON_LIMIT + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    async def pieces() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    answer = await visitor.post("/api/meetings", content=pieces(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_an_upload_is_judged_by_its_content(small_world: World) -> None:
    visitor = await small_world.person("thuky.quanba")
    url = f"/api/meetings/{small_world.meeting.id}/papers"
    ticked = {"not_secret": "true", "title": "Báo cáo"}
    wrong = await visitor.post(url, files={"file": ("a.pdf", b"MZ\x90\x00" * 100, "application/pdf")}, data=ticked)
    assert wrong.status_code == 415, wrong.text
    unticked = await visitor.post(url, files={"file": ("a.pdf", small_pdf(), "application/pdf")})
    assert unticked.status_code == 422
    assert "không tiếp nhận nội dung bí mật nhà nước" in unticked.json()["error"]["message"]
    taken = await visitor.post(url, files={"file": ("../../a.pdf", small_pdf(), "text/html")}, data=ticked)
    assert (taken.status_code, taken.json()["file_name"], taken.json()["page_count"]) == (201, "a.pdf", 1)
    paper = taken.json()["id"]
    file = await visitor.get(f"/api/papers/{paper}/file")
    assert file.headers["content-type"] == "application/pdf" and "sandbox" in file.headers["content-security-policy"]
    assert (await visitor.get(f"/api/papers/{paper}/pages/1.png")).content.startswith(b"\x89PNG")
    assert (await visitor.get(f"/api/papers/{paper}/pages/2.png")).status_code == 404


async def test_state_secrets_are_not_taken_in(small_world: World) -> None:
    visitor = await small_world.person("thuky.quanba")
    answer = await visitor.post("/api/meetings", json={"title": "Họp kín", "security_marking": "mat"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        422,
        "Hệ thống không tiếp nhận nội dung bí mật nhà nước. Chưa có dữ liệu nào được lưu.",
    )
    found = await visitor.get("/api/meetings", params={"q": "hop kin"})
    assert found.json()["items"] == []
    administrator = await small_world.person("quantri")
    noted = [entry for entry in (await administrator.get("/api/audit")).json()["items"] if "secret" in entry["kind"]]
    assert [entry["detail"] for entry in noted] == [{"marking": "mat"}]


async def test_without_tls_off_localhost_a_room_is_refused_with_the_reason(filled_database, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from tests.web.conftest import open_world

    async with open_world(filled_database, tmp_path / "data", public_url="http://hop.example") as world:
        visitor = await world.person("thuky.quanba")
        door = (await visitor.get(f"/api/rooms/{world.meeting.id}")).json()
        assert (door["may_enter"], door["refusal"]["code"]) == (False, "tls_needed")
        assert "địa chỉ chưa bảo mật" in door["refusal"]["message"]


async def test_errors_speak_the_askers_language(small_world: World) -> None:
    visitor = await small_world.visitor()
    for language, text in (("vi-VN,en;q=0.5", "Phiên làm việc"), ("en-GB", "Your session"), ("fr", "Phiên làm việc")):
        answer = await visitor.get("/api/today", headers={"accept-language": language})
        assert answer.json()["error"]["message"].startswith(text)


async def test_a_stale_plan_is_refused_and_nothing_overwritten(world: World) -> None:
    visitor = await world.person("thuky.quanba")
    url = f"/api/meetings/{world.meeting.id}"
    version = (await visitor.get(url)).json()["version"]
    first = await visitor.put(url, json={"title": "Giao ban tuần", "version": version})
    assert (first.status_code, first.json()["title"]) == (200, "Giao ban tuần")
    second = await visitor.put(url, json={"title": "Khác", "version": version})
    assert (second.status_code, second.json()["error"]["code"]) == (409, "stale")
    assert (await visitor.get(url)).json()["title"] == "Giao ban tuần"


async def test_an_urgent_meeting_is_in_testing_at_once(world: World) -> None:
    visitor = await world.person("thuky.quanba")
    answer = await visitor.post("/api/meetings/urgent", json={"title": "Họp khẩn phòng chống lũ"})
    assert (answer.status_code, answer.json()["stage"]) == (201, "testing"), answer.text
    assert len(answer.json()["sites"]) == 14
    door = (await visitor.get(f"/api/rooms/{answer.json()['id']}")).json()
    assert (door["may_enter"], door["role"]) == (True, "secretary")


def test_the_schema_names_every_endpoint(tmp_path: Any) -> None:
    app = create_app(Settings(data=tmp_path), run_jobs=False, connect_media=False, log=False)
    schema = app.openapi()
    assert len(schema["paths"]) > 60 and json.dumps(schema)


GARBAGE: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 1e308, "", "x" * 5000, "\0", "\ud800", "'; DROP TABLE unit; --", [], {}, [[]],
    {"title": None}, {"title": {"a": 1}}, {"title": "x", "starts_at": "0000-00-00"}, {"title": "\0", "note": "\0"},
    {"title": "x", "site_ids": ["\0"]}, {"name": "\0", "level_id": "\0"}, {"reason": "\0"},
)  # fmt: skip


async def test_garbage_breaks_nothing(world: World) -> None:
    """Random JSON at every endpoint: refused in words, never a 500, and the service goes on."""
    chance = random.Random(20261122)
    visitor = await world.person("thuky.quanba")
    paths = world.app.openapi()["paths"]
    names = ["\0", "%00", "x" * 300, "'", "ế", "..", world.meeting.id, "0", "-1", "9" * 40]
    for path, methods in sorted(paths.items()):
        for method in methods:
            if (path, method) == ("/api/session", "delete"):
                continue
            for _ in range(2):
                address = path
                while "{" in address:
                    before, _, rest = address.partition("{")
                    address = before + chance.choice(names) + rest.partition("}")[2]
                await one_garbage(visitor, method.upper(), address, chance)
    assert (await visitor.get("/api/today")).status_code == 200


async def one_garbage(visitor: Any, method: str, address: str, chance: random.Random) -> None:
    text = json.dumps(chance.choice(GARBAGE)).encode()
    body = chance.choice([text, text[:-1], b"\xff\xfe", b"[" * 2000, b""])
    kind = chance.choice(["application/json", "multipart/form-data; boundary=x", "text/plain"])
    options: dict[str, Any] = {"params": {"q": chance.choice(["\0", "%", "_", "ế" * 50]), "cursor": "\0|x"}}
    if method != "GET":
        options |= {"content": body, "headers": {"content-type": kind}}
    answer = await visitor.request(method, address.replace("\0", "%00"), **options)
    assert answer.status_code < 500, (method, address, body, answer.text)
    assert "error" not in answer.text[:9] or answer.json()["error"]["message"]


def test_no_secret_is_logged() -> None:
    assert scrub_path("/j/AbC123") == "/j/…"
    assert scrub_path("/api/site-links/AbC/reply") == "/api/site-links/…/reply"
    assert scrub_path("/api/password-resets/AbC") == "/api/password-resets/…"
    assert scrub_path("/password/AbC") == "/password/…"
    assert scrub_path("/api/calendar/AbC.ics") == "/api/calendar/…"
    assert scrub_path("/api/whip/meeting/AbC") == "/api/whip/meeting/…"
    assert scrub_path("/api/whep/meeting") == "/api/whep/meeting"
    event = blank_secrets(None, "", {"event": "x", "password": "p", "pin": "1", "site_token": "t", "path": "/"})
    assert event == {"event": "x", "password": "…", "pin": "…", "site_token": "…", "path": "/"}


def test_every_branch_of_our_errors_has_a_status() -> None:
    assert set(STATUS.values()) <= {400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503, 507}


async def test_measures_are_for_loopback_administrators_and_the_bearer_of_the_token(
    small_settings: DatabaseSettings, tmp_path: Path
) -> None:
    database = opened(small_settings)
    async with open_world(database, tmp_path / "data", metrics_token="prometheus") as world:
        stranger, here = await world.visitor(), await world.visitor("127.0.0.1")
        assert (await here.get("/metrics")).status_code == 200
        for given, status in (("", 404), ("Bearer ", 404), ("Bearer guessed", 404), ("Bearer prometheus", 200)):
            assert (await stranger.get("/metrics", headers={"authorization": given})).status_code == status
    await database.dispose()
