"""What the demonstration's three installations are given, and the commands that give it: nothing is started here."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from web.demo.layout import (
    LEVELS,
    MARK,
    between,
    environment,
    inside,
    lay_out,
    over_relay,
    serve,
    to_people,
)
from web.settings import read_settings

FOLDER = Path("/srv/demo")


def test_installations_share_nothing() -> None:
    for isolated in (True, False):
        layout = lay_out(FOLDER, isolated=isolated)
        for one, other in combinations(layout.places, 2):
            for name in ("data", "address", "port", "media_port", "database_port", "url", "device"):
                assert getattr(one, name) != getattr(other, name), name
            assert one.namespace is None or one.namespace != other.namespace


def test_the_same_folder_has_the_same_networks_and_another_one_others() -> None:
    assert lay_out(FOLDER, isolated=True) == lay_out(FOLDER, isolated=True)
    blocks = {lay_out(Path(f"/srv/demo{number}"), isolated=True).block for number in range(40)}
    assert len(blocks) > 8


def test_settings_of_the_shell_are_not_those_of_the_installations() -> None:
    layout = lay_out(FOLDER, isolated=True)
    inherited = {"PATH": "/bin", "GIAOBAN_PORT": "1", "GIAOBAN_SMTP_URL": "smtp://real"}
    values = environment(layout.province, inherited, layout, "postgresql+asyncpg://x")
    settings = read_settings(values)  # refuses a name it does not know
    assert (values["PATH"], values[MARK]) == ("/bin", str(FOLDER))
    assert (settings.port, settings.smtp_url, settings.host) == (8442, "", layout.province.address)
    assert settings.url == layout.province.url
    assert settings.has_tls
    assert settings.database.url == "postgresql+asyncpg://x"


def test_without_root_cameras_work_on_loopback_without_tls() -> None:
    layout = lay_out(FOLDER, isolated=False)
    for place in layout.places:
        settings = read_settings(environment(place, {}, layout))
        assert settings.is_local
        assert settings.rooms_allowed
        assert not settings.has_tls
        assert "ip" not in serve(place)


def test_a_command_runs_in_its_namespace_and_dies_with_its_parent() -> None:
    place = lay_out(FOLDER, isolated=True).district
    command = inside(place, "true", death="INT")
    assert command == ["setpriv", "--pdeathsig", "INT", "ip", "netns", "exec", str(place.namespace), "true"]


def test_networks_fit_the_kernels_limits_and_lines_join_neighbours_only() -> None:
    for number in range(40):
        layout = lay_out(Path(f"/srv/demo{number}"), isolated=True)
        central, province, district = layout.places
        assert all(len(place.device) <= 15 for place in layout.places)
        commands = [command for place in layout.places for command in to_people(place)]
        assert all(command[0] == "ip" for command in commands)
        lines = between(central, province) + over_relay(province, district, ("a", "b"))
        routes = {(one[2], one[5]) for one in lines if "route" in one}
        assert routes == {
            (central.namespace, province.address),
            (province.namespace, central.address),
            (province.namespace, district.address),
            (district.namespace, province.address),
        }


def test_levels_are_the_demonstrations() -> None:
    assert [name for name, _, _ in LEVELS] == ["central", "province", "district"]
