"""Persons over the API: put right, out of use and back; the administrator's role, which the last one keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from scheduler.organization.demonstration import demo_id
from tests.web.conftest import PASSWORD, Visitor, World
from web.accounts import Account

COMMUNE = demo_id("unit:lungtam.quanba")
CLERK = demo_id("person:vanthu.lungtam.quanba")
DISTRICT = demo_id("unit:quanba")
SECRETARY = demo_id("person:thuky.quanba")


async def listed(visitor: Visitor, unit_id: str, person_id: str) -> dict[str, Any] | None:
    """The person's row on the page of the unit."""
    people = (await visitor.get(f"/api/units/{unit_id}")).json()["people"]
    found: dict[str, Any] | None = next((one for one in people if one["id"] == person_id), None)
    return found


async def test_a_person_is_put_right_deactivated_and_taken_back(world: World) -> None:
    keeper, clerk = await world.person("quantri.quanba"), await world.person("vanthu.lungtam.quanba")
    entry = {"name": "Vàng Thị Mỷ", "email": "my@hagiang.example", "phone": "0219 111 222"}
    saved = await keeper.put(f"/api/persons/{CLERK}", json=entry)
    assert (saved.status_code, saved.json()["name"], saved.json()["active"]) == (200, "Vàng Thị Mỷ", True)
    moved = {**entry, "posts": {"unit_id": COMMUNE, "names": ["Phó Chánh Văn phòng"]}}
    posts = (await keeper.put(f"/api/persons/{CLERK}", json=moved)).json()["posts"]
    assert [(post["unit_id"], post["name"]) for post in posts] == [(COMMUNE, "Phó Chánh Văn phòng")]
    elsewhere = {**entry, "posts": {"unit_id": demo_id("unit:dongvan"), "names": ["Văn thư"]}}
    assert (await keeper.put(f"/api/persons/{CLERK}", json=elsewhere)).status_code == 403
    nothing = {**entry, "posts": {"unit_id": COMMUNE, "names": [""]}}
    refused = await keeper.put(f"/api/persons/{CLERK}", json=nothing)
    assert (refused.status_code, list(refused.json()["error"]["detail"])) == (422, ["post"])
    gone = await keeper.put(f"/api/persons/{CLERK}", json={**entry, "active": False})
    assert gone.json()["active"] is False
    assert (await clerk.get("/api/today")).status_code == 401
    refused = await (await world.visitor()).log_in("vanthu.lungtam.quanba")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "bad_credentials")

    row = await listed(keeper, COMMUNE, CLERK)
    assert row is not None and (row["active"], row["may_administer"], row["email"]) == (False, True, entry["email"])
    assert await listed(await world.person("chutich.quanba"), COMMUNE, CLERK) is None
    assert CLERK not in str((await keeper.get(f"/api/persons?unit={COMMUNE}")).json())  # to choose from

    await keeper.put(f"/api/persons/{CLERK}", json=entry)
    assert (await clerk.get("/api/today")).status_code == 401  # the old session does not come back
    assert (await clerk.log_in("vanthu.lungtam.quanba", PASSWORD)).status_code == 200


async def test_the_administrators_role_is_given_and_taken(world: World) -> None:
    administrator, secretary = await world.person("quantri"), await world.person("thuky.quanba")
    row = await listed(administrator, DISTRICT, SECRETARY)
    assert row is not None
    held = row["roles"]
    root = (await administrator.get(f"/api/units/{DISTRICT}")).json()["above"][0]["id"]
    appointed = [*held, {"role": "administrator", "unit_id": root}]
    given = await administrator.put(f"/api/persons/{SECRETARY}/roles", json={"roles": appointed})
    assert given.status_code == 200, given.text
    assert (await secretary.get("/api/settings")).status_code == 200
    keeper = await world.person("quantri.quanba")
    row = await listed(keeper, DISTRICT, SECRETARY)
    assert row is not None and row["may_administer"] is False  # a unit's administrator no longer touches the entry
    entry = {"name": row["name"]}
    assert (await keeper.put(f"/api/persons/{SECRETARY}", json=entry)).status_code == 403
    assert (await keeper.put(f"/api/persons/{SECRETARY}/roles", json={"roles": held})).status_code == 403
    taken = await administrator.put(f"/api/persons/{SECRETARY}/roles", json={"roles": held})
    assert taken.status_code == 200
    assert (await secretary.get("/api/settings")).status_code == 403


async def test_the_last_administrator_stays(world: World) -> None:
    administrator = await world.person("quantri")
    session = (await administrator.get("/api/session")).json()
    me, name = session["person"]["id"], session["person"]["name"]
    taken = await administrator.put(f"/api/persons/{me}/roles", json={"roles": []})
    assert taken.status_code == 422
    assert "cuối cùng" in taken.json()["error"]["detail"]["roles"]
    gone = await administrator.put(f"/api/persons/{me}", json={"name": name, "active": False})
    assert gone.status_code == 422
    assert "cuối cùng" in gone.json()["error"]["detail"]["active"]
    assert (await administrator.get("/api/settings")).status_code == 200


async def test_a_successor_without_an_account_does_not_count(world: World) -> None:
    administrator = await world.person("quantri")
    session = (await administrator.get("/api/session")).json()
    me, root = session["person"]["id"], session["roles"][0]["unit_id"]
    async with world.database.transaction() as database:
        await database.execute(delete(Account).where(Account.person_id == CLERK))
    appointed = [{"role": "administrator", "unit_id": root}]
    assert (await administrator.put(f"/api/persons/{CLERK}/roles", json={"roles": appointed})).status_code == 200
    alone = await administrator.put(f"/api/persons/{me}/roles", json={"roles": []})
    assert alone.status_code == 422
    assert "tài khoản" in alone.json()["error"]["detail"]["roles"]
    made = await administrator.post(f"/api/persons/{CLERK}/reset-password", json={"login": "ke.nhiem"})
    assert made.status_code == 200
    assert (await administrator.put(f"/api/persons/{me}/roles", json={"roles": []})).status_code == 200
    assert (await administrator.get("/api/settings")).status_code == 403
