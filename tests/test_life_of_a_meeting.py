"""The life of a meeting, in real browsers: planned, invited, tested, held, recorded, minuted, signed, filed, found.

Secretary, chair, deputy, two communes and the văn thư sit at Chromium, ten more communes are light peers. One commune
sits at another computer (a network namespace) and comes over https. Each camera, screen and page of a paper shows a
machine-readable number, each microphone sounds a tone: what a browser decodes must be the one who has the floor.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import paperwork, planning
from tests.at_browser import SCREEN, SHOTS, AtBrowser, at_browser
from tests.installation import Installation
from tests.media.chromium import EXECUTABLE
from tests.media.paper import PAGE
from tests.namespace import Namespace, namespace
from tests.site_in_room import SiteInRoom
from tests.story import ITEMS, Planned, log_in, until
from tests.watching import film_of
from web.certificate import make_certificate
from web.visiting.visitor import Visitor

CHAIR, DEPUTY, NEAR, FAR, LIGHT = 30, 31, 1, 2, 3
NEAR_ADDRESS = "diemcau.tamson.quanba@hagiang.example"
ASKED = "Giàng Mí Sính, Chủ tịch UBND thị trấn"  # who wants to speak at the nearer commune
LEAST_BYTES = 100_000  # a browser that sends pictures and sound sends more


@dataclass
class People:
    """Who sits at a browser; ``reader`` is the secretary at the API, for what no page shows."""

    secretary: AtBrowser
    chair: AtBrowser
    near: AtBrowser
    far: AtBrowser
    reader: Visitor
    password: str

    @property
    def all(self) -> tuple[AtBrowser, ...]:
        return self.secretary, self.chair, self.near, self.far


@pytest.mark.installation
async def test_a_district_meets_its_communes(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_debug(False)  # debugging every timer of ten light peers would take a core by itself
    async with AsyncExitStack() as stack:
        far_away = stack.enter_context(namespace())
        files = make_certificate(tmp_path / "tls", [far_away.here])
        trust = ssl.create_default_context(cafile=str(files.authority))
        installation = Installation(tmp_path / "data", host=far_away.here)
        installation.environment |= {
            "GIAOBAN_HOST": "0.0.0.0",  # noqa: S104 - the other computer must reach it
            "GIAOBAN_TLS_CERTIFICATE": str(files.certificate),
            "GIAOBAN_TLS_KEY": str(files.key),
            "GIAOBAN_PUBLIC_URL": f"https://{far_away.here}:{installation.port}",
        }
        await stack.enter_async_context(installation)
        reader = await log_in(installation, "thuky.quanba", trust)
        stack.push_async_callback(reader.http.aclose)
        url, wrapped = installation.url, str(far_away.wrapper(tmp_path, EXECUTABLE))
        people = People(
            secretary=await stack.enter_async_context(at_browser(url, tmp_path, DEPUTY)),
            chair=await stack.enter_async_context(at_browser(url, tmp_path, CHAIR)),
            near=await stack.enter_async_context(at_browser(url, tmp_path, NEAR)),
            far=await stack.enter_async_context(at_browser(url, tmp_path, FAR, executable=wrapped)),
            reader=reader,
            password=installation.password,
        )

        planned = await it_is_planned_and_answered(people, installation)
        await the_room_opens_and_fills(people, planned)
        async with AsyncExitStack() as others:
            light = [
                await others.enter_async_context(
                    SiteInRoom(
                        url, planned.links[site["site_id"]], planned.id, number, trust, video_slots=1, knows=[LIGHT]
                    )
                )
                for number, site in enumerate(planned.sites[2:12], 3)
            ]
            await a_second_machine_takes_over(people, planned)
            await the_roll_is_called(people, planned)
            await the_floor_goes_round(people, light, planned)
            await papers_chat_and_a_break(people)
            await the_deputy_presides_for_a_while(people, planned)
            await conclusions_and_the_end(people, planned)
            for site in light:
                site.has_received_cleanly()
        await it_was_held_over_https_too(people.far, far_away)
        await it_is_minuted_signed_and_filed(people, planned)
        await the_recording_shows_who_spoke(installation, reader, planned)
        await it_is_found_by_those_who_may(people, installation, planned, trust)
        for person in people.all:
            assert person.complaints == []


async def it_is_planned_and_answered(people: People, installation: Installation) -> Planned:
    secretary, near = people.secretary, people.near
    await secretary.logs_in("thuky.quanba", people.password)
    planned = await planning.plan_and_send_in_browser(secretary, people.reader)
    coming, missing = planned.sites[0]["site_id"], planned.sites[12]["site_id"]
    link = await planning.invitation(installation, planned, NEAR_ADDRESS)
    assert link == planned.links[coming]
    await planning.accepts(near, link)
    elsewhere = await near.elsewhere()
    await planning.declines(elsewhere, planned.links[missing], "Mất điện toàn xã")
    await elsewhere.page.context.close()
    await planning.replies_show(secretary, planned, {coming: "accepted", missing: "declined"})
    return planned


async def the_room_opens_and_fills(people: People, planned: Planned) -> None:
    secretary, chair, near, far = people.all
    await secretary.click("open-room")
    await secretary.enters_room()
    if await secretary.at("open-testing").count():
        await secretary.click("open-testing")
    await secretary.stage_is("testing")
    await chair.logs_in("chutich.quanba", people.password)
    await chair.opens(f"/rooms/{planned.id}")
    await chair.enters_room()
    await far.opens(planned.links[planned.sites[1]["site_id"]])
    for site in (near, far):  # near has its link open since it replied
        await site.click("site-join")
        await site.enters_room()
        await site.sees(CHAIR)


async def a_second_machine_takes_over(people: People, planned: Planned) -> None:
    """The same link at another machine: asked first, then the meeting is there, and the first machine says so."""
    first, people.near = people.near, await people.near.elsewhere()
    await people.near.opens(planned.links[planned.sites[0]["site_id"]])
    await people.near.click("site-join")
    await people.near.click("enter-room")
    await people.near.at("occupied").wait_for()
    await people.near.looks("occupied")
    await people.near.click("take-over")
    await people.near.at("room", role="site").wait_for()
    await first.at("taken_over").wait_for()
    await first.page.context.close()
    await people.near.sees(CHAIR)


async def the_roll_is_called(people: People, planned: Planned) -> None:
    secretary, near = people.secretary, people.near
    await near.tool("people")
    await near.fill("head-count", "3")
    name, post = ASKED.split(", ")
    await near.fill("person-name", name)
    await near.fill("person-post", post)
    await near.click("save-people")
    await secretary.tool("roll")
    absent = secretary.at("site-row", site_id=planned.sites[12]["site_id"])
    await absent.locator("summary").click()
    await absent.locator("details input").first.fill("Mất điện toàn xã")
    await absent.locator('[data-testid="excuse-absence"]').click()
    await secretary.click("call-roll")
    await secretary.page.get_by_text("Có mặt 12/13 điểm cầu, 1 vắng có lý do").first.wait_for()


async def the_floor_goes_round(people: People, light: list[SiteInRoom], planned: Planned) -> None:
    secretary, chair, near, far = people.all
    await chair.click("convene")
    for person in people.all:
        await person.stage_is("convened")
    await secretary.at("recording", state="on").wait_for()
    await far.hears(CHAIR)  # opening the meeting
    await secretary.tool("agenda")
    await secretary.click("open-item")

    await near.choose("request-speaker", ASKED.split(", ")[0])
    await near.click("request-floor")
    await far.click("request-floor")
    await secretary.tool("queue")
    asked = secretary.at("queue-row", site_id=planned.sites[0]["site_id"])
    await asked.get_by_text(ASKED).wait_for()
    await asked.get_by_test_id("grant-floor").click()
    await near.at("on-air").wait_for()
    await near.clock_runs("floor-clock")
    await on_air(NEAR, secretary, chair, far)
    await near.sees(CHAIR)
    for number in (NEAR, CHAIR):  # the chair is heard whoever has the floor
        await far.hears(number)
    await far.hears_only({NEAR, CHAIR})
    if SHOTS:
        await chair.screenshot(SHOTS / "meeting.png")
        await near.screenshot(SHOTS / "meeting-site.png")
        await secretary.screenshot(SHOTS / "meeting-secretary.png")

    await near.click("return-floor")
    await secretary.at("queue-row", site_id=planned.sites[1]["site_id"]).wait_for()  # the queue survived the grant
    await secretary.click("grant-next")
    await far.at("on-air").wait_for()
    await on_air(FAR, secretary, chair, near)
    await near.hears(FAR)
    await near.hears_only({FAR, CHAIR})
    await a_light_peer_asks(people, light[0], light[1:])


async def a_light_peer_asks(people: People, light: SiteInRoom, others: list[SiteInRoom]) -> None:
    """A site without a browser gets the floor, too, and nine more receive it."""
    secretary, chair, near, far = people.all
    await light.seat.command("request_floor", kind="question")
    await secretary.click("revoke-floor")
    row = secretary.at("queue-row", site_id=light.site_id)
    await row.get_by_test_id("grant-floor").focus()
    await secretary.page.keyboard.press("Enter")  # by the keyboard alone
    await on_air(LIGHT, secretary, chair, near, far)
    await far.hears(LIGHT)
    for site in others:
        await site.receives(LIGHT)
    await light.seat.command("return_floor")


async def on_air(number: int, *viewers: AtBrowser) -> None:
    """Everybody sees the one who has the floor."""
    for viewer in viewers:
        await viewer.sees(number)


async def papers_chat_and_a_break(people: People) -> None:
    secretary, chair, near, far = people.all
    await secretary.tool("papers")
    await secretary.click("show-paper")
    await far.reads(PAGE + 1, "shown-paper")
    await secretary.click("turn-next")
    await far.reads(PAGE + 2, "shown-paper")
    await secretary.click("hide-paper")
    await secretary.click("present")
    await near.sees(SCREEN + DEPUTY, "presentation-video")
    await secretary.click("stop-presenting")

    await near.tool("chat")
    await near.fill("chat-text", "Thị trấn đã nhận tài liệu.")
    await near.click("chat-send")
    await chair.tool("chat")
    await chair.page.get_by_text("Thị trấn đã nhận tài liệu.").first.wait_for()

    await secretary.tool("course")
    await secretary.click("suspend")
    await far.stage_is("suspended")
    await secretary.click("resume")
    await far.stage_is("convened")


async def the_deputy_presides_for_a_while(people: People, planned: Planned) -> None:
    """He looks on at a machine of his own, gets the chair, takes its place on air, and hands it back."""
    chair, near = people.chair, people.near
    deputy = await people.secretary.elsewhere()
    await deputy.logs_in("phochutich.quanba", people.password)
    await deputy.opens(f"/rooms/{planned.id}")
    await deputy.at("hall").wait_for()
    await hands_over(chair, "Phó Chủ tịch UBND huyện")
    await takes_the_chair(deputy)
    await deputy.click("handed-understood")
    await near.sees(DEPUTY)
    await deputy.tool("agenda")
    await deputy.at("agenda-item", item_id=planned.items[1]).get_by_test_id("open-item").click()
    await deputy.at("agenda-item", item_id=planned.items[1], status="open").wait_for()
    await hands_over(deputy, planning.CHAIR)
    await takes_the_chair(chair)
    assert deputy.complaints == []
    await deputy.page.context.close()
    await near.sees(CHAIR)


async def takes_the_chair(person: AtBrowser) -> None:
    """Asked about the other machine, unless that one is just coming back with its new role."""
    await person.at("take-over").or_(person.at("room", role="chair")).first.wait_for()
    if await person.at("take-over").count():
        await person.click("take-over")
    await person.at("room", role="chair").wait_for()


async def hands_over(chair: AtBrowser, post: str) -> None:
    await chair.tool("course")
    await chair.click("hand-over")
    await chair.choose("hand-over-person", post)
    await chair.click("hand-over-confirm")


async def conclusions_and_the_end(people: People, planned: Planned) -> None:
    secretary, near = people.secretary, people.near
    await secretary.tool("outcome")
    await secretary.fill("conclusion-text", "Các xã hoàn thành che chắn chuồng trại trước ngày 30/11.")
    await secretary.click("record-conclusion")
    await secretary.at("conclusion").first.wait_for()
    await secretary.tool("course")
    await secretary.click("adjourn")
    await secretary.click("adjourn-confirm")
    await near.ends()


async def it_was_held_over_https_too(far: AtBrowser, line: Namespace) -> None:
    """The other computer's browser has the page over TLS, and what it sent came over the line between the two."""
    assert far.page.url.startswith(f"https://{line.here}:")
    assert await far.page.evaluate("window.isSecureContext")
    assert line.came_bytes > LEAST_BYTES


async def it_is_minuted_signed_and_filed(people: People, planned: Planned) -> None:
    secretary, chair = people.secretary, people.chair
    await paperwork.write(secretary, planned)
    await paperwork.correct(secretary)
    await is_archived(people.reader, planned)  # the minutes name the recording's hash
    await paperwork.submit(secretary)
    await paperwork.sign(secretary, planned, "secretary", "waiting_chair")
    await paperwork.sign(chair, planned, "chair", "signed")
    await chair.looks("signed")
    clerk = await secretary.elsewhere()
    await clerk.logs_in("vanthu.quanba", people.password)
    await paperwork.number_and_issue(clerk, planned)
    await paperwork.file(clerk, planned)
    assert clerk.complaints == []


async def is_archived(reader: Visitor, planned: Planned) -> dict[str, Any]:
    recording = f"/api/meetings/{planned.id}/recording"
    done = await until(lambda: reader.get(recording), lambda seen: seen["state"] in {"archived", "failed"}, "archive")
    assert done["state"] == "archived", done["error"]
    found: dict[str, Any] = done
    return found


async def the_recording_shows_who_spoke(installation: Installation, reader: Visitor, planned: Planned) -> None:
    """Items and speeches begin with who is on air then; the page that was turned to stands in the picture."""
    film = await film_of(await is_archived(reader, planned), reader, installation.data / "recording.mp4")
    speeches, items = film.chapters("speech"), film.chapters("item")
    assert [speech["site_id"] for speech in speeches] == [site["site_id"] for site in planned.sites[:3]]
    assert ASKED in speeches[0]["title"]
    assert [(item["item_id"], item["title"]) for item in items] == [
        (item_id, title) for item_id, (title, _) in zip(planned.items[:2], ITEMS, strict=False)
    ]
    for chapter, number in zip(speeches + items, (NEAR, FAR, LIGHT, CHAIR, DEPUTY), strict=True):
        film.has_on_air(chapter, number)
    turned = next(shown for shown in film.recording["papers"] if shown["page"] == 2)
    film.shows_page(turned, PAGE + 2)


async def it_is_found_by_those_who_may(
    people: People, installation: Installation, planned: Planned, trust: ssl.SSLContext
) -> None:
    await paperwork.find(people.secretary, planned, installation.data)
    await paperwork.play(people.secretary, planned)
    stranger = await log_in(installation, "thuky.dongvan", trust)
    hits = (await stranger.get("/api/search", q="quan ba"))["items"]
    assert planned.id not in {hit["meeting"]["id"] for hit in hits}
    assert (await stranger.http.get(f"/api/meetings/{planned.id}")).status_code == 404
    await stranger.http.aclose()
