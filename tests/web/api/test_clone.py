"""Nhân bản over the API, after a meeting that was held: item 1 of the next one says what this one's minutes say."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Visitor, World
from tests.web.held import another_meeting, hold

RECORDED = "- Các xã hoàn thành thu ngân sách trước ngày 20/12/2026."


async def cloned(visitor: Visitor, meeting_id: str) -> dict[str, Any]:
    made = await visitor.post(f"/api/meetings/{meeting_id}/clone")
    assert made.status_code == 201, made.text
    item: dict[str, Any] = made.json()["items"][0]
    return item


async def test_the_next_meeting_begins_with_what_the_minutes_say(world: World) -> None:
    secretary = await world.person("thuky.quanba")
    meeting_id = await another_meeting(world)
    before = await cloned(secretary, meeting_id)
    assert not before["title"].startswith("Kiểm điểm")  # nothing concluded yet

    await hold(world, meeting_id)
    assert (await cloned(secretary, meeting_id))["note"] == RECORDED

    path = f"/api/meetings/{meeting_id}/minutes"
    draft = (await secretary.post(path)).json()
    written = ("Giao Phòng Tài chính đôn đốc hằng tuần.", "Dự trữ cỏ khô.", "")
    sections = [
        {"item_id": one["item_id"], "opinions": "", "conclusion": text}
        for one, text in zip(draft["sections"], written, strict=True)
    ]
    kept = {name: draft[name] for name in ("revision", "opening", "closing", "recipients")}
    assert (await secretary.put(path, json={"sections": sections, **kept})).status_code == 200
    item = await cloned(secretary, meeting_id)
    assert item["title"].startswith("Kiểm điểm việc thực hiện kết luận của cuộc họp ngày")
    assert item["note"] == f"{RECORDED}\n- {written[0]}\n- {written[1]}"

    facts = (await secretary.get(f"/api/meetings/{meeting_id}/proceedings")).json()["items"]
    fact = next(one for one in facts if one["type"] == "ConclusionRecorded")
    correction = {"fact_id": fact["id"], "field": "text", "new": "Thu xong ngân sách.", "reason": "ghi nhầm"}
    answer = await secretary.post(f"/api/meetings/{meeting_id}/corrections", json=correction)
    assert answer.status_code == 201, answer.text
    item = await cloned(secretary, meeting_id)
    assert item["note"] == f"- Thu xong ngân sách.\n- {written[0]}\n- {written[1]}"
