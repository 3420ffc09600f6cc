"""The directory: found by folded names, kept by the administrators of each unit, never beyond their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from scheduler.actor import load_actor
from scheduler.audit import read_audit
from scheduler.database import Database
from scheduler.errors import Invalid, NotAllowed, NotFound
from scheduler.organization import directory
from scheduler.organization.founding import (
    AlreadyFounded,
    LevelPlan,
    appoint_first_administrator,
    define_levels,
    found_installation,
)
from scheduler.organization.installation import is_empty, read_settings, write_settings
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.person_administration import (
    PersonForm,
    add_person,
    appoint,
    change_person,
    dismiss,
    may_administer_person,
    set_posts,
    set_roles,
)
from scheduler.organization.post import Membership
from scheduler.organization.site import Site
from scheduler.organization.tree import ancestors_of, children_of, path_of
from scheduler.organization.unit import Unit
from scheduler.organization.unit_administration import (
    SiteForm,
    UnitForm,
    add_site,
    add_unit,
    change_site,
    change_unit,
    looks_like_address,
)
from tests.scheduler.world import NOW, World, person_of, site_of, unit_of

TODAY = NOW.date()


async def test_a_fresh_installation_has_todays_three_levels(database: Database) -> None:
    async with database.transaction() as session:
        assert await is_empty(session)
        root = await found_installation(session, "Tuyên Quang", "Trung ương")
        admin = Person(name="Quản Trị", sort_name="tri quan")
        session.add(admin)
        await session.flush()
        await appoint_first_administrator(session, root, admin)
        with pytest.raises(AlreadyFounded):
            await appoint_first_administrator(session, root, admin)
        with pytest.raises(AlreadyFounded):
            await found_installation(session, "Tuyên Quang", "Trung ương")
    async with database.reading() as session:
        assert [level.name for level in await directory.levels(session, TODAY)] == ["trung ương", "tỉnh", "xã"]
        assert await directory.levels(session, date(2025, 6, 30)) == []
        assert (await read_settings(session))["name"] == "Tuyên Quang"
        actor = await load_actor(session, today=TODAY, person_id=admin.id)
        assert actor.roles == {("administrator", root.id)}


async def test_levels_may_be_any_number_and_end(world: World) -> None:
    async with world.database.transaction() as session:
        reform = date(2025, 7, 1)
        await define_levels(session, (LevelPlan("central", "trung ương", reform), LevelPlan("commune", "xã", reform)))
    async with world.database.reading() as session:
        before = await directory.levels(session, date(2025, 6, 30))
        assert [level.code for level in before] == ["central", "province", "district", "commune"]
        assert [level.code for level in await directory.levels(session, TODAY)] == ["central", "commune"]


async def test_units_are_found_by_name_and_by_parent(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Unit, unit_of("phobang"))).valid_to = date(2025, 6, 30)
    async with world.database.reading() as session:
        found = await directory.units(session, TODAY, text="huyen quan ba")
        assert [(one.unit.title, one.children) for one in found] == [("huyện Quản Bạ", 2)]
        assert [one.unit.id for one in await directory.units(session, TODAY)] == [unit_of("central")]
        below = await directory.units(session, TODAY, parent_id=unit_of("dongvan"))
        assert [one.unit.title for one in below] == ["xã Lũng Cú"]
        below = await directory.units(session, date(2025, 1, 1), parent_id=unit_of("dongvan"))
        assert len(below) == 2
        path = await path_of(session, unit_of("tamson"))
        assert path == tuple(unit_of(key) for key in ("central", "province", "quanba", "tamson"))
        assert [unit.id for unit in await ancestors_of(session, unit_of("tamson"))] == list(path[:-1])
        assert [unit.id for unit in await children_of(session, unit_of("dongvan"), TODAY)] == [unit_of("lungcu")]
        with pytest.raises(NotFound):
            await path_of(session, "nowhere")


async def test_a_unit_with_its_posts_people_and_sites(world: World) -> None:
    async with world.database.reading() as session:
        detail = await directory.unit_detail(session, unit_of("quanba"), TODAY)
        assert detail.parent is not None
        assert detail.parent.title == "tỉnh Hà Giang"
        assert detail.posts[0].post.name == "Chủ tịch"
        assert detail.posts[0].person is not None
        assert len(detail.people) == 5
        assert [site.id for site in detail.sites] == [site_of("quanba")]
        assert len(await directory.sites(session, unit_of("province"), depth=1)) == 3
        assert len(await directory.sites(session, unit_of("province"), depth=-1, day=TODAY)) == 7
        with pytest.raises(NotFound):
            await directory.unit_detail(session, "nowhere", TODAY)


async def test_persons_are_found_folded_with_posts_and_roles(world: World) -> None:
    async with world.database.reading() as session:
        found = await directory.persons(session, TODAY, text="nguyen secretary", unit_id=unit_of("tamson"))
        assert [one.person.id for one in found] == [person_of("secretary.tamson")]
        assert [post.name for post in found[0].posts] == ["Thư ký"]
        assert [role.role for role in found[0].roles] == ["secretary"]
        assert (await directory.person_detail(session, person_of("chair.tamson"), TODAY)).roles == ()
        with pytest.raises(NotFound):
            await directory.person_detail(session, "nobody", TODAY)


async def level_id(world: World, code: str) -> str:
    async with world.database.reading() as session:
        return (await session.scalars(select(Level.id).where(Level.code == code))).one()


async def test_units_are_kept_from_above(world: World) -> None:
    form = UnitForm("Quyết Tiến", "xã", await level_id(world, "commune"), unit_of("quanba"), code="00904")
    async with world.database.transaction() as session:
        made = await add_unit(session, await world.actor("keeper.quanba"), form, NOW)
        assert (made.search_name, made.organ_name) == ("xa quyet tien", "ỦY BAN NHÂN DÂN XÃ QUYẾT TIẾN")
        moved = replace(form, name="Quyết Tiến 2")
        assert (
            await change_unit(session, await world.actor("keeper.province"), made.id, moved, NOW)
        ).name == moved.name
    central = await level_id(world, "central")
    for key, wrong, error in (
        ("keeper.dongvan", form, NotAllowed),
        ("secretary.quanba", form, NotAllowed),
        ("keeper.quanba", replace(form, parent_id=None), NotAllowed),
        ("keeper.quanba", replace(form, name=" "), Invalid),
        ("keeper.quanba", replace(form, level_id=central), Invalid),
        ("keeper.quanba", replace(form, level_id="none"), Invalid),
        ("keeper.quanba", replace(form, code="12a"), Invalid),
        ("keeper.quanba", replace(form, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)), Invalid),
        ("keeper.quanba", replace(form, parent_id="nowhere"), NotFound),
    ):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await add_unit(session, await world.actor(key), wrong, NOW)
    with pytest.raises(Invalid) as refused:
        async with world.database.transaction() as session:
            below = UnitForm("Quản Bạ", "huyện", await level_id(world, "district"), unit_of("tamson"))
            await change_unit(session, await world.actor("administrator"), unit_of("quanba"), below, NOW)
    assert refused.value.fields == {"parent_id": "below_itself"}
    with pytest.raises(NotFound):
        async with world.database.transaction() as session:
            await change_unit(session, await world.actor("administrator"), "nowhere", form, NOW)


async def test_sites_are_kept_by_the_units_administrator(world: World) -> None:
    keeper = await world.actor("keeper.quanba")
    form = SiteForm("Nhà văn hóa", "nvh@hagiang.example", person_of("technician.tamson"), "0219", 5)
    async with world.database.transaction() as session:
        site = await add_site(session, keeper, unit_of("tamson"), form, NOW)
        assert site.unit.title == "thị trấn Tam Sơn"
        closed = await change_site(session, keeper, site.id, replace(form, active=False), NOW)
        assert not closed.active
        with pytest.raises(NotFound):
            await load_actor(session, today=TODAY, site_id=site.id)
    for wrong, fields in (
        (replace(form, name=""), {"name": "required"}),
        (replace(form, email="a b@c"), {"email": "not_an_address"}),
        (replace(form, technician_person_id="nobody"), {"technician_person_id": "unknown"}),
    ):
        with pytest.raises(Invalid) as refused:
            async with world.database.transaction() as session:
                await change_site(session, keeper, site.id, wrong, NOW)
        assert refused.value.fields == fields
    for key, id, error in (("keeper.dongvan", site.id, NotAllowed), ("keeper.quanba", "nowhere", NotFound)):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await change_site(session, await world.actor(key), id, form, NOW)


async def test_persons_are_kept_with_their_posts(world: World) -> None:
    keeper = await world.actor("keeper.quanba")
    async with world.database.transaction() as session:
        form = PersonForm("  Sùng  Thị Mỷ ", "my@hagiang.example")
        person = await add_person(session, keeper, unit_of("tamson"), form, "Phó Chủ tịch", NOW)
        assert (person.name, person.sort_name) == ("Sùng Thị Mỷ", "my sung thi")
        await appoint(session, keeper, person.id, unit_of("thanhvan"), "Phó Chủ tịch", NOW)
        await change_person(session, keeper, person.id, replace(form, name="Sùng Thị Mị"), NOW)
        assert len((await directory.person_detail(session, person.id, TODAY)).posts) == 2
        query = select(Membership).where(Membership.person_id == person.id)
        for membership in (await session.scalars(query)).all():
            await dismiss(session, keeper, membership.id, NOW)
        assert (await directory.person_detail(session, person.id, TODAY)).posts == ()
        assert len((await directory.person_detail(session, person.id, TODAY - timedelta(days=1))).posts) == 0
    for key, unit, wrong, post, error in (
        ("keeper.dongvan", "tamson", form, "PCT", NotAllowed),
        ("keeper.quanba", "tamson", PersonForm(" "), "PCT", Invalid),
        ("keeper.quanba", "tamson", PersonForm("A", "not an address"), "PCT", Invalid),
        ("keeper.quanba", "tamson", form, " ", Invalid),
    ):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await add_person(session, await world.actor(key), unit_of(unit), wrong, post, NOW)
    async with world.database.transaction() as session:
        with pytest.raises(NotFound):
            await dismiss(session, keeper, "none", NOW)
        with pytest.raises(NotFound):
            await appoint(session, keeper, "nobody", unit_of("tamson"), "PCT", NOW)
        with pytest.raises(NotAllowed):
            await change_person(session, keeper, person_of("chair.dongvan"), form, NOW)
        await change_person(session, keeper, person_of("clerk.tamson"), replace(form, active=False), NOW)
        with pytest.raises(NotFound):
            await load_actor(session, today=TODAY, person_id=person_of("clerk.tamson"))


async def test_a_person_takes_another_post_and_another_unit(world: World) -> None:
    keeper, person = await world.actor("keeper.quanba"), person_of("clerk.tamson")

    async def posts() -> set[tuple[str, str]]:
        async with world.database.reading() as session:
            found = await directory.person_detail(session, person, TODAY)
        return {(post.unit_id, post.name) for post in found.posts}

    for unit, names, expected in (
        ("tamson", ["Văn thư"], {("tamson", "Văn thư")}),
        ("tamson", [" Chánh Văn phòng "], {("tamson", "Chánh Văn phòng")}),
        ("thanhvan", ["Văn thư", ""], {("tamson", "Chánh Văn phòng"), ("thanhvan", "Văn thư")}),
        ("tamson", [], {("thanhvan", "Văn thư")}),
        ("thanhvan", ["Văn thư", "Thủ quỹ"], {("thanhvan", "Văn thư"), ("thanhvan", "Thủ quỹ")}),
    ):
        async with world.database.transaction() as session:
            await set_posts(session, keeper, person, unit_of(unit), names, NOW)
        assert await posts() == {(unit_of(where), name) for where, name in expected}
    before = await posts()
    for unit, names, error in (("thanhvan", [""], Invalid), ("dongvan", ["Văn thư"], NotAllowed)):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await set_posts(session, keeper, person, unit_of(unit), names, NOW)
    assert await posts() == before


async def test_roles_are_granted_within_ones_own_units(world: World) -> None:
    keeper, person = await world.actor("keeper.quanba"), person_of("chair.tamson")
    async with world.database.transaction() as session:
        await set_roles(session, keeper, person, [("clerk", unit_of("tamson")), ("secretary", unit_of("quanba"))], NOW)
        await set_roles(session, keeper, person, [("clerk", unit_of("tamson"))], NOW)
    assert (await world.actor("chair.tamson")).roles == {("clerk", unit_of("tamson"))}
    for roles, error in (
        ([("clerk", unit_of("dongvan"))], NotAllowed),
        ([("administrator", unit_of("central"))], NotAllowed),
        ([("administrator", unit_of("tamson"))], NotAllowed),
        ([("king", unit_of("tamson"))], Invalid),
        ([("clerk", "nowhere")], NotFound),
    ):
        with pytest.raises(error):
            async with world.database.transaction() as session:
                await set_roles(session, keeper, person, roles, NOW)
    async with world.database.reading() as session:
        kinds = [entry.kind for entry in (await read_audit(session)).entries]
    assert kinds == ["roles_changed", "roles_changed"]


async def test_the_last_administrator_stays(world: World) -> None:
    administrator = await world.actor("administrator")
    with pytest.raises(Invalid) as refused:
        async with world.database.transaction() as session:
            await set_roles(session, administrator, person_of("administrator"), [], NOW)
    assert refused.value.fields == {"roles": "last_administrator"}
    gone = PersonForm("Quản Trị", active=False)
    with pytest.raises(Invalid) as refused:
        async with world.database.transaction() as session:
            await change_person(session, administrator, person_of("administrator"), gone, NOW)
    assert refused.value.fields == {"active": "last_administrator"}
    second = [("administrator", unit_of("central"))]
    async with world.database.transaction() as session:
        await set_roles(session, administrator, person_of("chair.province"), second, NOW)
        await change_person(session, administrator, person_of("chair.province"), PersonForm("A", active=False), NOW)
    with pytest.raises(Invalid):  # the second one is out of use
        async with world.database.transaction() as session:
            await set_roles(session, administrator, person_of("administrator"), [], NOW)
    async with world.database.transaction() as session:
        await change_person(session, administrator, person_of("chair.province"), PersonForm("A"), NOW)
        await change_person(session, administrator, person_of("administrator"), gone, NOW)
        await set_roles(session, administrator, person_of("administrator"), [], NOW)


async def test_the_role_may_move_to_another_unit(world: World) -> None:
    administrator = await world.actor("administrator")
    async with world.database.transaction() as session:
        moved = [("administrator", unit_of("province"))]
        await set_roles(session, administrator, person_of("administrator"), moved, NOW)
    assert (await world.actor("administrator")).roles == set(moved)


async def test_two_administrators_who_take_the_role_from_one_another_at_once(world: World) -> None:
    first, second = person_of("administrator"), person_of("chair.province")
    administrator = await world.actor("administrator")
    async with world.database.transaction() as session:
        await set_roles(session, administrator, second, [("administrator", unit_of("central"))], NOW)

    async def deactivate(person_id: str) -> None:
        async with world.database.transaction() as session:
            await change_person(session, administrator, person_id, PersonForm("A", active=False), NOW)

    async with world.database.transaction() as session:
        await set_roles(session, administrator, first, [], NOW)
        other = asyncio.create_task(deactivate(second))
        while not (world.database.settings.is_sqlite or other.done() or await somebody_waits(world)):  # noqa: ASYNC110
            await asyncio.sleep(0)  # until it waits for our rows; SQLite tells nobody, and has one writer anyway
    with pytest.raises(Invalid) as refused:
        await other
    assert refused.value.fields == {"active": "last_administrator"}


async def somebody_waits(world: World) -> bool:
    """PostgreSQL: for a lock that another transaction holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with world.database.reading() as session:
        return bool(await session.scalar(text(waiting)))


async def test_who_is_out_of_use_is_listed_for_those_who_may_take_him_back(world: World) -> None:
    keeper, gone = await world.actor("keeper.quanba"), person_of("clerk.tamson")
    async with world.database.transaction() as session:
        await change_person(session, keeper, gone, PersonForm("Aa Văn Thư", active=False), NOW)
        site = await session.get_one(Site, site_of("tamson"))
        await change_site(session, keeper, site.id, SiteForm(site.name, active=False), NOW)
    async with world.database.reading() as session:
        seen = await directory.unit_detail(session, unit_of("tamson"), TODAY)
        assert gone not in {one.person.id for one in seen.people}
        assert seen.sites == []
        kept = await directory.unit_detail(session, unit_of("tamson"), TODAY, inactive=True)
        assert len(kept.people) == len(seen.people) + 1
        assert kept.people[-1].person.id == gone  # after all others, whatever the name
        assert [site.active for site in kept.sites] == [False]


async def test_nobody_resets_the_password_of_somebody_above_him(world: World) -> None:
    expected = {
        ("keeper.quanba", "chair.tamson"): True,
        ("keeper.quanba", "chair.dongvan"): False,
        ("keeper.quanba", "keeper.province"): False,
        ("keeper.quanba", "administrator"): False,
        ("keeper.central", "administrator"): False,
        ("secretary.quanba", "chair.tamson"): False,
        ("administrator", "chair.tamson"): True,
        ("site.quanba", "chair.quanba"): False,
    }
    for (key, person), allowed in expected.items():
        async with world.database.reading() as session:
            assert await may_administer_person(session, await world.actor(key), person_of(person)) is allowed, key


async def test_settings_are_kept_and_audit_is_paged(world: World) -> None:
    async with world.database.transaction() as session:
        await write_settings(session, {"name": "Giao ban", "nested": {"a": [1, "đ"]}})
        await write_settings(session, {"name": "Giao ban 2"})
        keeper = await world.actor("keeper.quanba")
        for number in range(5):
            await change_site(session, keeper, site_of("tamson"), SiteForm(f"Phòng {number}"), NOW)
    async with world.database.reading() as session:
        assert await read_settings(session) == {"name": "Giao ban 2", "nested": {"a": [1, "đ"]}}
        page = await read_audit(session, limit=3)
        rest = await read_audit(session, page.next, limit=3)
    assert (len(page.entries), len(rest.entries), rest.next) == (3, 2, None)


def test_addresses() -> None:
    for good in ("a@b", "ubnd.tamson@hagiang.gov.vn", "x+1@y.z"):
        assert looks_like_address(good)
    for bad in ("", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "đ@b.vn", "<a@b>", 'a"@b'):
        assert not looks_like_address(bad)
