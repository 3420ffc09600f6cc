"""docker-compose.yml and Dockerfile say nothing that the settings, the commands and the tree do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from web.command import app
from web.settings import descriptions, read_settings


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path("docker-compose.yml").read_text())
    return loaded


def test_every_variable_is_a_setting() -> None:
    for name in ("web", "media"):
        environment = compose()["services"][name]["environment"]
        assert set(environment) <= set(descriptions()), name


def test_the_environment_is_accepted() -> None:
    plain = {key: value for key, value in compose()["services"]["web"]["environment"].items() if "${" not in value}
    assert read_settings(plain).media_remote


def test_services_run_known_commands() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in ("web", "media"):
        assert set(compose()["services"][name]["command"]) <= known


def test_published_ports_are_the_defaults() -> None:
    settings = read_settings({})
    assert compose()["services"]["web"]["ports"] == [f"{settings.port}:{settings.port}"]
    media = compose()["services"]["media"]["ports"]
    assert media == [f"{settings.media_port}:{settings.media_port}/{kind}" for kind in ("udp", "tcp")]


def test_the_image_copies_what_exists() -> None:
    lines = Path("Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for source in (name for names in copied for name in names):
        assert Path(source).exists(), source
