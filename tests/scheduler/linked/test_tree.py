"""The tree of rooms grows from the tree of units: levels, nearest hosts, what lies beside, and units in a circle."""

from __future__ import annotations

from random import Random

from scheduler.linked.tree import Branch, grow

PARENTS = {
    "central": None,
    "province": "central",
    "quanba": "province",
    "tamson": "quanba",
    "village": "tamson",
    "dongvan": "province",
    "lungcu": "dongvan",
    "department": "province",
}
SITES = [(f"site {unit}", unit) for unit in PARENTS]


def test_a_site_attaches_to_its_nearest_hosting_unit() -> None:
    tree = grow("province", ["quanba", "dongvan"], SITES, PARENTS)
    assert tree == Branch(
        "province",
        ("site central", "site province", "site department"),
        (
            Branch("quanba", ("site quanba", "site tamson", "site village")),
            Branch("dongvan", ("site dongvan", "site lungcu")),
        ),
    )
    assert tree.levels == 2
    assert tree.site_count == 8


def test_there_are_as_many_levels_as_the_units_have() -> None:
    tree = grow("central", ["province", "quanba", "tamson"], SITES, PARENTS)
    assert tree.levels == 4
    assert [(above.unit_id if above else None, branch.unit_id) for above, branch in tree.walk()] == [
        (None, "central"),
        ("central", "province"),
        ("province", "quanba"),
        ("quanba", "tamson"),
    ]


def test_a_level_may_be_left_out() -> None:
    tree = grow("central", ["quanba"], SITES, PARENTS)
    assert [branch.unit_id for branch in tree.branches] == ["quanba"]
    assert "site lungcu" in tree.site_ids


def test_named_twice_is_once() -> None:
    tree = grow("province", ["quanba", "quanba", "province"], [SITES[3], SITES[3]], PARENTS)
    assert tree == Branch("province", (), (Branch("quanba", ("site tamson",)),))


def test_units_in_a_circle_lose_no_site() -> None:
    circle: dict[str, str | None] = {"a": "b", "b": "c", "c": "a"}
    tree = grow("root", ["a", "b"], [("site a", "a"), ("site c", "c"), ("lost", "nowhere")], circle)
    assert tree.site_count == 3
    assert {branch.unit_id for branch in tree.branches} == {"a", "b"}


def test_every_site_is_in_exactly_one_room_whatever_the_units() -> None:
    random = Random(42)
    for _ in range(300):
        units = [f"u{n}" for n in range(random.randrange(1, 30))]
        parents = {unit: random.choice([None, *units]) for unit in units}
        sites = [(f"s{n}", random.choice(units)) for n in range(40)]
        hosts = random.sample(units, random.randrange(len(units)))
        tree = grow(units[0], hosts, sites, parents)
        branches = [branch for _, branch in tree.walk()]
        assert sorted(site for branch in branches for site in branch.site_ids) == sorted(site for site, _ in sites)
        assert {branch.unit_id for branch in branches} == {units[0], *hosts}
        assert len(branches) == len({units[0], *hosts})
