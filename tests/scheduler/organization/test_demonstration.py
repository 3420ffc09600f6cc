"""The demonstration is Hà Giang as the data package has it: 11 districts, 193 communes, 208 sites of the province."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from sqlalchemy import func, select

from scheduler.database import Database
from scheduler.errors import DemonstrationDataMissing
from scheduler.organization.demonstration import BANNER, demo_id, fill, is_filled, logins
from scheduler.organization.founding import AlreadyFounded
from scheduler.organization.installation import read_settings
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.tree import children_of, path_of, subtree_ids
from scheduler.organization.unit import Unit


async def test_counts_are_those_of_the_data_package(database: Database) -> None:
    async with database.transaction() as session:
        await fill(session)
    async with database.reading() as session:
        counts = await session.execute(select(Level.code, func.count(Unit.id)).join(Unit).group_by(Level.code))
        by_level = {code: count for code, count in counts}  # noqa: C416 - rows, which mypy takes for no pairs
        assert by_level == {"central": 1, "province": 4, "district": 11, "commune": 193}
        communes = await children_of(session, demo_id("unit:quanba"))
        assert Counter(unit.kind for unit in communes) == {"xã": 12, "thị trấn": 1}
        assert communes[0].title == "thị trấn Tam Sơn"
        assert communes[0].code == "00874"
        in_province = select(func.count(Site.id)).where(Site.unit_id.in_(subtree_ids([demo_id("unit:tinh")])))
        assert await session.scalar(in_province) == 208
        assert await read_settings(session) == {
            "name": "Giao ban trực tuyến tỉnh Hà Giang",
            "demo": True,
            "banner": BANNER,
            "parent_line": True,
        }
        path = await path_of(session, communes[0].id)
        assert path == tuple(demo_id(f"unit:{key}") for key in ("trunguong", "tinh", "quanba", "tamson.quanba"))


async def test_filling_twice_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        assert not await is_filled(session)
        await fill(session)
        assert await is_filled(session)
        with pytest.raises(AlreadyFounded):
            await fill(session)


async def test_logins_are_the_same_each_time_and_unique(database: Database) -> None:
    async with database.transaction() as session:
        made = await fill(session)
        persons = set((await session.scalars(select(Person.id))).all())
    assert made.logins == logins()
    names = [account.login for account in made.logins]
    assert len(names) == len(set(names))
    expected = {"thuky.quanba", "chutich.quanba", "vanthu.quanba", "kythuat.quanba", "quantri.quanba", "quantri"}
    assert expected | {"diemcau.tamson.quanba"} <= set(names)
    assert {account.person_id for account in made.logins if account.person_id} == persons


async def test_every_site_has_a_technician_with_a_telephone(database: Database) -> None:
    async with database.transaction() as session:
        await fill(session)
        sites = (await session.scalars(select(Site))).all()
    assert all(site.technician_person_id and site.technician_phone.startswith("0219 000") for site in sites)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vietnam_provinces", None)
    with pytest.raises(DemonstrationDataMissing, match=r"giaoban\[demo\]"):
        logins()
