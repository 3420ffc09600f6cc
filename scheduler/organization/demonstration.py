"""The demonstration organisation: Hà Giang before July 2025, with invented persons, posts, sites and roles.

Units come from the optional package ``vietnam-provinces==0.6.0``; organ ids, telephone numbers (area 0219 000) and
addresses (``.example``) are made up. Every id is derived from its key, so the list of logins is the same each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import insert, select

from scheduler.database import WriteSession
from scheduler.errors import DemonstrationDataMissing
from scheduler.organization.demonstration_names import Names
from scheduler.organization.folding import fold, sort_name
from scheduler.organization.founding import LEVELS_BEFORE_THE_REFORM, AlreadyFounded, define_levels
from scheduler.organization.installation import is_empty, write_settings
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit

BANNER = "Dữ liệu minh họa – mô hình trước 01/7/2025"
PROVINCE_CODE = 2
EXAMPLE_DISTRICT = "quanba"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account to be made: of a person or of a site; ``role`` is a key such as "chair", "clerk", "site"."""

    login: str
    role: str
    unit_title: str
    person_id: str | None = None
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class Demonstration:
    logins: tuple[DemoLogin, ...]  # those of the example district first
    example_unit_id: str  # huyện Quản Bạ
    root_unit_id: str


@dataclass(frozen=True, slots=True)
class _Job:
    """A post of a unit, the standing role of its holder and the first part of his login."""

    post: str
    login: str
    key: str
    role: str | None = None


_OFFICE = (
    _Job("Chánh Văn phòng", "chanhvanphong", "chief_of_office"),
    _Job("Chuyên viên tổng hợp, thư ký cuộc họp", "thuky", "secretary", "secretary"),
    _Job("Văn thư", "vanthu", "clerk", "clerk"),
    _Job("Cán bộ kỹ thuật trực", "kythuat", "technician", "technician"),
    _Job("Quản trị đơn vị", "quantri", "unit_administrator", "unit_administrator"),
)
_CENTRAL = (_Job("Phó Chủ nhiệm", "lanhdao", "chair"), *_OFFICE[1:])
_PROVINCE = (
    _Job("Chủ tịch UBND tỉnh", "chutich", "chair"),
    _Job("Phó Chủ tịch UBND tỉnh", "phochutich", "deputy"),
    *_OFFICE,
)
_PARTY = (_Job("Phó Bí thư Thường trực Tỉnh ủy", "phobithu", "chair"), *_OFFICE)
_DEPARTMENT = (_Job("Giám đốc", "giamdoc", "chair"), *_OFFICE)


def _people_committee(kind: str) -> tuple[_Job, ...]:
    return (
        _Job(f"Chủ tịch UBND {kind}", "chutich", "chair"),
        _Job(f"Phó Chủ tịch UBND {kind}", "phochutich", "deputy"),
    )


def _district(kind: str) -> tuple[_Job, ...]:
    return (*_people_committee(kind), *_OFFICE)


def _commune(kind: str) -> tuple[_Job, ...]:
    return (
        *_people_committee(kind)[:1],
        _Job("Công chức Văn phòng – Thống kê, thư ký", "thuky", "secretary", "secretary"),
        _Job("Văn thư", "vanthu", "clerk", "clerk"),
        _Job("Cán bộ kỹ thuật trực", "kythuat", "technician", "technician"),
    )


def demo_id(key: str) -> str:
    """The id of a thing of the demonstration, derived from its key."""
    return str(uuid5(NAMESPACE_URL, f"giaoban:demonstration:{key}"))


async def fill(session: WriteSession) -> Demonstration:
    """Fill an empty database; the example meeting is planned by ``scheduler.meetings.demonstration``."""
    if not await is_empty(session):
        raise AlreadyFounded
    province = _read_province()
    levels = {level.code: level.id for level in await define_levels(session, LEVELS_BEFORE_THE_REFORM)}
    rows = _Rows(levels)
    rows.build(province)
    for table, values in rows.by_table():
        await session.execute(insert(table), values)
    await write_settings(
        session,
        {"name": "Giao ban trực tuyến tỉnh Hà Giang", "demo": True, "banner": BANNER, "parent_line": True},
    )
    return rows.result()


def logins() -> tuple[DemoLogin, ...]:
    """The accounts of the demonstration, without a database: the same every time."""
    rows = _Rows({level.code: "" for level in LEVELS_BEFORE_THE_REFORM})
    rows.build(_read_province())
    return rows.result().logins


async def is_filled(session: WriteSession) -> bool:
    """True when the database holds the demonstration."""
    return (await session.scalar(select(Unit.id).where(Unit.id == demo_id("unit:quanba")))) is not None


def _read_province() -> dict[str, Any]:
    try:
        from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH
    except ImportError as missing:
        raise DemonstrationDataMissing from missing
    provinces = json.loads(Path(NESTED_DIVISIONS_JSON_PATH).read_text(encoding="utf-8"))
    found = [p for p in provinces if p["code"] == PROVINCE_CODE and "districts" in p]
    if not found:
        raise DemonstrationDataMissing  # another version of the package: it has no districts
    return dict(found[0])


def _split(full_name: str) -> tuple[str, str]:
    """("thị trấn", "Tam Sơn") for "Thị trấn Tam Sơn"; the data's own division_type calls every one of them xã."""
    for kind in ("Thành phố", "Thị xã", "Thị trấn", "Huyện", "Phường", "Tỉnh", "Xã"):
        if full_name.startswith(kind + " "):
            return kind.lower(), full_name[len(kind) + 1 :]
    raise ValueError(full_name)


def _key(name: str) -> str:
    return fold(name).replace(" ", "")


@dataclass(slots=True)
class _Rows:
    """Collects the rows of all tables, so that each table is filled by one statement."""

    levels: dict[str, str]
    names: Names = field(default_factory=Names)
    units: list[dict[str, Any]] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    memberships: list[dict[str, Any]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[DemoLogin] = field(default_factory=list)

    def build(self, province: dict[str, Any]) -> None:
        central = self.unit("trunguong", "central", None, "", "Văn phòng Chính phủ", 0, organ="G22", notation="VPCP")
        self.staff(central, "trunguong", _CENTRAL, "Phòng họp Văn phòng Chính phủ")
        self.administrator(central)
        top = self.province(province, central)
        for number, district in enumerate(province["districts"], start=1):
            self.district(district, top, number)

    def province(self, data: dict[str, Any], central: str) -> str:
        kind, name = _split(data["name"])
        top = self.unit("tinh", "province", central, kind, name, 1, code="02", organ="H22")
        offices = (("tinhuy", "Tỉnh ủy Hà Giang", None, "TU", _PARTY),
                   ("tttt", "Sở Thông tin và Truyền thông", "H22.14", "STTTT", _DEPARTMENT),
                   ("taichinh", "Sở Tài chính", "H22.12", "STC", _DEPARTMENT))  # fmt: skip
        self.staff(top, "tinh", _PROVINCE, "Phòng họp UBND tỉnh Hà Giang", order=2)
        for order, (key, title, organ, notation, jobs) in zip((1, 3, 4), offices, strict=True):
            unit = self.unit(key, "province", top, "", title, order, organ=organ, notation=notation, place=name)
            self.staff(unit, key, jobs, f"Phòng họp {title}", order=order)
        return top

    def district(self, data: dict[str, Any], province: str, number: int) -> None:
        kind, name = _split(data["name"])
        key, organ, order = _key(name), f"H22.{30 + number}", 10 + number
        code = f"{data['code']:03d}"
        unit = self.unit(key, "district", province, kind, name, order, code=code, organ=organ)
        self.staff(unit, key, _district(kind), f"Phòng họp UBND {kind} {name}", order=order)
        for position, ward in enumerate(data["wards"], start=1):
            self.commune(ward, unit, key, organ, position)

    def commune(self, data: dict[str, Any], district: str, district_key: str, organ: str, position: int) -> None:
        kind, name = _split(data["name"])
        key, code = f"{_key(name)}.{district_key}", f"{data['code']:05d}"
        organ = f"{organ}.{position:02d}"
        unit = self.unit(key, "commune", district, kind, name, 100 + position, code=code, organ=organ)
        self.staff(unit, key, _commune(kind), f"Phòng họp UBND {kind} {name}", order=100 + position)

    def unit(
        self,
        key: str,
        level: str,
        parent: str | None,
        kind: str,
        name: str,
        order: int,
        *,
        code: str | None = None,
        organ: str | None = None,
        notation: str = "UBND",
        place: str | None = None,
    ) -> str:
        title = f"{kind} {name}".strip()
        self.units.append(
            {
                "id": demo_id(f"unit:{key}"),
                "level_id": self.levels[level],
                "parent_id": parent,
                "name": name,
                "kind": kind,
                "search_name": fold(title),
                "code": code,
                "organ_id": organ,
                "organ_name": f"ỦY BAN NHÂN DÂN {title.upper()}" if kind else title.upper(),
                "notation": notation,
                "place": name if place is None else place,
                "protocol_order": order,
                "valid_from": None,
                "valid_to": None,
            }
        )
        return str(self.units[-1]["id"])

    def staff(self, unit: str, key: str, jobs: tuple[_Job, ...], room: str, order: int = 0) -> None:
        title = f"{self.units[-1]['kind']} {self.units[-1]['name']}".strip()
        technician = ""
        for position, job in enumerate(jobs, start=1):
            person = self.person(f"{job.login}.{key}")
            self.posting(person, unit, f"{key}:{position}", job, position)
            self.accounts.append(DemoLogin(f"{job.login}.{key}", job.key, title, person_id=person))
            technician = person if job.role == "technician" else technician
        self.site(unit, key, room, technician, title, order)

    def person(self, key: str) -> str:
        name = self.names.next()
        row = {
            "id": demo_id(f"person:{key}"),
            "name": name,
            "sort_name": sort_name(name),
            "email": f"{key}@hagiang.example",
            "phone": self.phone(),
            "active": True,
            "calendar_epoch": 1,
        }
        self.persons.append(row)
        return str(row["id"])

    def phone(self) -> str:
        return f"0219 000 {len(self.persons) + 1:04d}"

    def posting(self, person: str, unit: str, key: str, job: _Job, position: int) -> None:
        post = demo_id(f"post:{key}")
        self.posts.append({"id": post, "unit_id": unit, "name": job.post, "protocol_order": position})
        self.memberships.append(
            {
                "id": demo_id(f"membership:{key}"),
                "post_id": post,
                "person_id": person,
                "valid_from": None,
                "valid_to": None,
            }
        )
        if job.role:
            self.role(person, unit, job.role)

    def role(self, person: str, unit: str, role: str) -> None:
        id = demo_id(f"role:{person}:{unit}:{role}")
        self.roles.append({"id": id, "person_id": person, "unit_id": unit, "role": role})

    def administrator(self, root: str) -> None:
        person = self.person("quantri")
        self.role(person, root, "administrator")
        self.accounts.append(DemoLogin("quantri", "administrator", "", person_id=person))

    def site(self, unit: str, key: str, room: str, technician: str, title: str, order: int) -> None:
        site = demo_id(f"site:{key}")
        self.sites.append(
            {
                "id": site,
                "unit_id": unit,
                "name": room,
                "email": f"diemcau.{key}@hagiang.example",
                "technician_person_id": technician or None,
                "technician_phone": next((p["phone"] for p in self.persons if p["id"] == technician), ""),
                "protocol_order": order,
                "active": True,
                "link_epoch": 1,
            }
        )
        self.accounts.append(DemoLogin(f"diemcau.{key}", "site", title, site_id=site))

    def by_table(self) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        yield Unit, self.units
        yield Person, self.persons
        yield Post, self.posts
        yield Membership, self.memberships
        yield RoleAssignment, self.roles
        yield Site, self.sites

    def result(self) -> Demonstration:
        example = [account for account in self.accounts if account.login.endswith(f".{EXAMPLE_DISTRICT}")]
        others = [account for account in self.accounts if not account.login.endswith(f".{EXAMPLE_DISTRICT}")]
        ordered = sorted(example, key=lambda account: account.login.count("."))
        return Demonstration((*ordered, *others), demo_id(f"unit:{EXAMPLE_DISTRICT}"), demo_id("unit:trunguong"))
