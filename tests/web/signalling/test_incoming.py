"""Reading frames: literal ones, wrong ones, and garbage; and refusals in words."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

from scheduler.proceedings.commands import COMMANDS
from scheduler.proceedings.errors import Refused
from web.signalling.incoming import (
    CommandMessage,
    HelloMessage,
    Malformed,
    Offer,
    Ping,
    Stats,
    Still,
    UnknownVersion,
    ViewMessage,
    read_hello,
    read_message,
)
from web.signalling.messages import ACTS, ALREADY, refusal_text


def test_hello() -> None:
    said = '{"type":"hello","version":1,"role":"hall","cursor":{"n/1":4},"boot_id":"b","take_over":true}'
    assert read_hello(said) == HelloMessage("hall", None, True)
    assert read_hello('{"type":"hello","version":1,"previous":"c.1"}') == HelloMessage(None, "c.1", False)
    for version in ("2", "true", '"1"', "null"):
        with pytest.raises(UnknownVersion):
            read_hello(f'{{"type":"hello","version":{version}}}')


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('{"type":"offer","id":1,"sdp":"v=0"}', Offer(1, "v=0", False)),
        ('{"type":"restart_ice","id":2,"sdp":"v=0"}', Offer(2, "v=0", True)),
        ('{"type":"command","id":3,"name":"convene","args":{}}', CommandMessage(3, "convene", {})),
        ('{"type":"command","id":3,"name":"convene"}', CommandMessage(3, "convene", {})),
        ('{"type":"view","pinned":["a"],"max_video":9,"paused":true}', ViewMessage(("a",), 9, True)),
        ('{"type":"stats","loss":0.25,"rtt_ms":80.7,"frozen_ms":140}', Stats(0.25, 80, 140)),
        ('{"type":"stats","loss":7,"rtt_ms":null}', Stats(1.0, 0)),
        ('{"type":"ping","t":1700000000000.5}', Ping(1700000000000.5)),
        ('{"type":"still","jpeg":"/9j/4P/Z"}', Still("/9j/4P/Z")),
    ],
)
def test_messages(said: str, read: object) -> None:
    assert read_message(said) == read


@pytest.mark.parametrize(
    "said",
    [
        "",
        '{"type":"still"}',
        '{"type":"still","jpeg":7}',
        '{"type":"still","jpeg":"/9j/ 4P/Z"}',
        '{"type":"still","jpeg":"/9j/4P/"}',
        '{"type":"still","jpeg":"iVBORw0KGgo="}',
        '{"type":"still","jpeg":"' + "/9j/" + "A" * 30_000 + '/9k="}',
        "null",
        "7",
        '{"type":7}',
        '{"type":"stats","loss":NaN}',
        '{"type":"stats","loss":1e999}',
        '{"type":"stats","loss":true}',
        '{"type":"view","pinned":[1],"max_video":1}',
        '{"type":"view","pinned":[],"max_video":-1}',
        '{"type":"view","pinned":[],"max_video":1,"paused":null}',
        '{"type":"offer","id":"1","sdp":"v=0"}',
        '{"type":"offer","id":1e400,"sdp":"v=0"}',
        '{"type":"ping","t":[]}',
        '{"type":"hello","version":1}',
        json.dumps({"type": "offer", "id": 1, "sdp": "x" * 263_000}),
        json.dumps({"type": "command", "id": 1, "name": "post_chat", "args": {"text": "x" * 70_000}}),
    ],
)
def test_what_is_malformed(said: str) -> None:
    with pytest.raises(Malformed):
        read_message(said)


def test_a_secretary_who_watches_sixteen_sites_may_send_a_long_offer() -> None:
    sdp = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + "a=rtcp-fb:96 nack\r\n" * 8000
    said = json.dumps({"type": "offer", "id": 1, "sdp": sdp})
    assert 64 * 1024 < len(said) < 256 * 1024
    assert read_message(said) == Offer(1, sdp, False)


def test_garbage_is_malformed_and_nothing_else() -> None:
    seeded = random.Random(3)
    seed = '{"type":"view","pinned":["a","b"],"max_video":9,"paused":false,"id":1,"sdp":"v=0","name":"x","args":{}}'
    for _ in range(3000):
        text = list(seed.replace("view", seeded.choice(["view", "offer", "command", "stats", "ping", "hello"])))
        for _ in range(seeded.randint(1, 6)):
            text[seeded.randrange(len(text))] = chr(seeded.choice((34, 44, 48, 91, 93, 123, 125, 0, 0xD800, 0x1F600)))
        for read in (read_message, read_hello):
            with suppress(Malformed, UnknownVersion):
                read("".join(text))


def test_every_command_has_words_in_both_languages() -> None:
    assert set(COMMANDS) <= set(ACTS) and set(ALREADY) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("refused", "command", "vietnamese", "english"),
    [
        (
            Refused("not_allowed", ("chair", "secretary")),
            "grant_floor",
            "Chỉ chủ tọa hoặc thư ký được mời phát biểu.",
            "Only the chair or the secretary may give the floor.",
        ),
        (
            Refused("not_allowed", ("chair", "secretary", "floor")),
            "show_paper",
            "Chỉ chủ tọa, thư ký hoặc điểm cầu đang phát biểu được hiển thị tài liệu.",
            "Only the chair, the secretary or the site that has the floor may show a paper.",
        ),
        (
            Refused("wrong_stage", (), "suspended"),
            "grant_floor",
            "Không thể mời phát biểu: cuộc họp đang tạm nghỉ.",
            "One cannot give the floor now: the meeting is suspended.",
        ),
        (
            Refused("not_present", (), "a"),
            "grant_floor",
            "Điểm cầu chưa có mặt trong phòng họp.",
            "The site is not in the room.",
        ),
        (
            Refused("already"),
            "start_presentation",
            "Đang có điểm cầu khác trình chiếu.",
            "Another site is presenting.",
        ),
        (Refused("already"), "call_roll", "Việc này đã được thực hiện.", "This is already so."),
        (
            Refused("something_new", (), "x"),
            "nothing",
            "Yêu cầu không hợp lệ: x.",
            "The request is not valid: x.",
        ),
    ],
)
def test_refusals_in_words(refused: Refused, command: str, vietnamese: str, english: str) -> None:
    assert refusal_text(refused, command, "vi") == vietnamese
    assert refusal_text(refused, command, "en") == english
