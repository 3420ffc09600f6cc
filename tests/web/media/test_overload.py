"""A worker that can carry no more, in a real meeting: what is given up in which order, and that it is said."""

from __future__ import annotations

import pytest

from sfu.light_peer import LightPeer, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.overload import Shed
from sfu.settings import OverloadRule
from sfu.slot import Slot
from tests.web.media.conftest import Media
from web.media.errors import MediaRefused
from web.media.messages import Load, Program

STAY = OverloadRule(busy=2.0, calm=-1.0, restore_s=0.0)
TOO_MUCH = OverloadRule(busy=0.0, calm=-1.0, shed_s=0.0, restore_s=0.0)  # whatever is measured
CALM = OverloadRule(busy=2.0, calm=1.0, restore_s=0.0)
VIEWER = Wanted(audio=False, video=False, audio_slots=3, video_slots=3)
SENDER = Wanted(audio_slots=0, video_slots=0, presentation_slots=0)


async def reach(media: Media, step: Shed, rule: OverloadRule) -> None:
    """The worker measures itself until it takes this step, says so, and goes no further."""
    overload = media.worker.node.overload
    overload.rule = rule
    await media.wait_for(lambda: overload.step == step, 30)
    overload.rule, name = STAY, step.name.lower()
    await media.wait_for(lambda: [e.shed for e in media.of(Load) if isinstance(e, Load)][-1:] == [name], 30)


async def test_pictures_go_before_newcomers_are_refused_and_sound_stays(media: Media) -> None:
    media.worker.node.overload.rule = STAY
    await media.client.open_room("room")
    samples = {name: (synthetic_video(name), synthetic_audio(f"{name} sound")) for name in ("an", "chi")}
    viewer = LightPeer(VIEWER, known=[sample for pair in samples.values() for sample in pair])
    peers = {name: LightPeer(SENDER) for name in samples}
    for name, peer in {**peers, "viewer": viewer}.items():
        await peer.connect(media.signal("room", name))
    for name, peer in peers.items():
        peer.play("camera", samples[name][0])
        peer.play("microphone", samples[name][1])
    await media.client.set_program("room", Program(floor="an"), ["an", "chi"])
    await viewer.wait_for(lambda: viewer.sources("video") == {"an", "chi"} and len(viewer.sources("audio")) == 2)

    async def newcomer() -> None:
        await media.client.join("room", "new", "new", LightPeer(SENDER)._offer.text(), ["audio"])

    def packets(name: str) -> int:
        return sum(slot.by_source.get(name, 0) for slot in viewer.received.values())

    for step in (Shed.OTHERS, Shed.ALL_BUT_ONE, Shed.JOINS, Shed.PICTURES):
        await reach(media, step, TOO_MUCH)
        shown = {slot.producer.peer for slot in slots_of(media) if slot.producer and not slot.paused}
        assert shown == ({"an"} if step < Shed.PICTURES else set())
        before = {name: packets(name) for name in ("an sound", "chi sound")}
        await viewer.wait_for(lambda: all(packets(name) > count for name, count in before.items()))  # noqa: B023
    with pytest.raises(MediaRefused, match="full"):
        await newcomer()
    assert (await media.client.stats("room")).worker["shed"] == Shed.PICTURES
    assert not media.worker.node.admission.takes_rooms(1, 3)
    await reach(media, Shed.NOTHING, CALM)
    before = {name: packets(name) for name in ("an", "chi")}
    await viewer.wait_for(lambda: all(packets(name) > count + 3 for name, count in before.items()))
    await newcomer()
    sound = [slot for slot in viewer.received.values() if slot.kind == "audio" and slot.packets]
    assert [(slot.lost, slot.duplicates, slot.strangers) for slot in sound] == [(0, 0, 0)] * len(sound)
    for peer in (*peers.values(), viewer):
        await peer.close()


def slots_of(media: Media) -> list[Slot]:
    return [slot for slot in media.worker.node.room("room").peers["viewer"].slots if slot.line.kind != "audio"]
