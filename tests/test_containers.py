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


def plain(name: str) -> dict[str, str]:
    """What stands in this service's environment as it is."""
    return {key: value for key, value in compose()["services"][name]["environment"].items() if "${" not in value}


def test_every_variable_is_a_setting() -> None:
    for name in ("web", "media"):
        environment = compose()["services"][name]["environment"]
        assert set(environment) <= set(descriptions()), name


def test_the_environment_is_accepted() -> None:
    assert read_settings(plain("web")).media_remote


def test_services_run_known_commands() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in ("web", "media"):
        assert set(compose()["services"][name]["command"]) <= known


def test_published_ports_are_the_defaults() -> None:
    settings = read_settings({})
    assert compose()["services"]["web"]["ports"] == [f"{settings.port}:{settings.port}"]
    containers = read_settings(plain("media"))
    ports = f"{containers.workers[0].port}-{containers.workers[-1].port}"
    assert compose()["services"]["media"]["ports"] == [f"{ports}:{ports}/{kind}" for kind in ("udp", "tcp")]
    assert f"{settings.media_port}/udp {settings.media_port}/tcp" in Path("Dockerfile").read_text()


def test_the_image_copies_what_exists() -> None:
    lines = Path("Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for source in (name for names in copied for name in names):
        assert Path(source).exists(), source
