"""A Party organ's documents have another form: nothing is printed in its name with the government's header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from recordings.errors import Conflict
from recordings.minutes.invitation import invitation_letter
from recordings.minutes.party import is_party_organ
from recordings.minutes.read import html_file, pdf_file, word_file
from scheduler.organization.unit import Unit
from tests.recordings.minutes.acts import draft, submit
from tests.recordings.world import NOW, World


@pytest.mark.parametrize(
    "name",
    ["TỈNH ỦY HÀ GIANG", "Tỉnh uỷ Hà Giang", "HUYỆN ỦY QUẢN BẠ", "Văn phòng Thành ủy", "Đảng ủy xã Quản Bạ",
     "BAN CHẤP HÀNH ĐẢNG BỘ HUYỆN", "Chi bộ Văn phòng", "Văn phòng Trung ương Đảng"],
)  # fmt: skip
def test_party_organs_are_known_by_name(name: str) -> None:
    assert is_party_organ(name)


@pytest.mark.parametrize(
    "name",
    ["ỦY BAN NHÂN DÂN TỈNH HÀ GIANG", "Cơ quan Ủy ban Dân tộc", "UBND xã Thanh Uyên", "Sở Tài chính",
     "HỘI ĐỒNG NHÂN DÂN HUYỆN QUẢN BẠ", "Văn phòng Chính phủ"],
)  # fmt: skip
def test_organs_of_government_are_not(name: str) -> None:
    assert not is_party_organ(name)


async def test_nothing_is_printed_for_a_party_organ(world: World) -> None:
    async with world.database.transaction() as session:
        (await session.get_one(Unit, "district")).organ_name = "HUYỆN ỦY QUẢN BẠ"
    await draft(world)  # the facts may be read and the text written

    async def read(act: Callable[..., Awaitable[object]], *args: object) -> object:
        async with world.database.reading() as session:
            return await act(session, *args)

    attempts: list[Awaitable[object]] = [
        read(invitation_letter, "m1", NOW),
        read(word_file, world.secretary, "m1"),
        read(html_file, world.secretary, "m1", NOW),
        read(pdf_file, world.store, world.secretary, "m1", NOW),
        submit(world),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict, match="thể thức văn bản của Đảng chưa có") as refused:
            await attempt
        assert refused.value.code == "party_form_missing"
        assert "HUYỆN ỦY QUẢN BẠ" in refused.value.message
