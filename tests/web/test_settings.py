"""Settings: every name documented, every bad value refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.settings import BadSetting, Settings, descriptions, read_settings


def test_defaults_serve_localhost_without_anything() -> None:
    settings = read_settings({})
    assert settings.url == "http://localhost:8000"
    assert settings.rooms_allowed
    assert not settings.has_tls


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIAOBAN_PORT", "eighty"),
        ("GIAOBAN_BEHIND_PROXY", "perhaps"),
        ("GIAOBAN_PUBLIC_URL", "ftp://quanba.example"),
        ("GIAOBAN_TLS_KEY", "server.key"),
        ("GIAOBAN_LANGUAGE", "fr"),
        ("GIAOBAN_MEDIA_WORKERS", "0"),
        ("GIAOBAN_MEDIA_MEMORY", "1000000"),
        ("GIAOBAN_MEDIA_PEERS", "0"),
        ("GIAOBAN_PROT", "8000"),
        ("GIAOBAN_VIDEO_CODEC", "vp9"),
        ("GIAOBAN_ARCHIVE_HEIGHT", "100"),
        ("GIAOBAN_TURN_SECRET", "without urls"),
    ],
)
def test_a_bad_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({name: value})


def test_each_media_worker_has_a_port_and_a_socket_of_its_own() -> None:
    first, second = Settings(data=Path("x"), media_workers=2, media_port=3478).workers
    assert (first.name, first.port, first.socket) == ("media-1", 3478, Path("x/run/media-1.sock"))
    assert (second.name, second.port, second.socket) == ("media-2", 3479, Path("x/run/media-2.sock"))
    anywhere = Settings(media_workers=2, media_port=0, media_sockets=Path("s")).workers
    assert [(worker.port, worker.socket) for worker in anywhere] == [(0, Path(f"s/media-{n}.sock")) for n in (1, 2)]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8000", True),
        ("http://hop.quanba.example", False),
        ("https://hop.quanba.example", True),
        ("http://192.168.1.5:8000", False),
    ],
)
def test_rooms_need_tls_off_localhost(url: str, allowed: bool) -> None:
    assert Settings(public_url=url).rooms_allowed is allowed


def test_every_setting_is_documented() -> None:
    page = Path("docs/settings.md").read_text()
    missing = [name for name, text in descriptions().items() if f"| `{name}` |" not in page or text not in page]
    assert missing == []


def test_turn_servers_are_named_as_browsers_take_them() -> None:
    assert Settings(
        turn_urls=("turn:[2001:db8::1]:3478?transport=tcp", "turns:turn.example"), turn_secret="x"
    ).turn_urls
    for wrong in ("stun:turn.example", "turn:turn.example>; rel=x", "https://turn.example"):
        with pytest.raises(BadSetting, match="GIAOBAN_TURN_URLS"):
            Settings(turn_urls=(wrong,), turn_secret="x")
