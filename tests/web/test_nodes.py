"""Linking installations over the API and at the keyboard: a pairing text shown, checked, added, revoked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scheduler.nodes.key import NodeKey, fingerprint
from scheduler.nodes.pairing import Pairing, to_text
from tests.web.conftest import World
from web.admin_nodes import app
from web.link.channel import LinkChannel
from web.link.service import MOST_REFUSED, Links

OTHER = Pairing(
    "00000001-0000-7000-8000-000000000000", "Tỉnh Hà Giang", NodeKey(b"o" * 32).public, "https://tinh.example"
)


async def test_an_administrator_links_and_revokes(small_world: World) -> None:
    administrator = await small_world.person("quantri")
    listed = (await administrator.get("/api/nodes")).json()
    assert listed["items"] == [] and listed["this"]["pairing_text"].startswith("GB1-")
    own = await administrator.post("/api/nodes/check", json={"text": listed["this"]["pairing_text"]})
    assert own.json()["is_this"] is True
    checked = await administrator.post("/api/nodes/check", json={"text": to_text(OTHER)})
    assert checked.json()["fingerprint"] == fingerprint(OTHER.public_key)
    added = await administrator.post("/api/nodes", json={"text": to_text(OTHER), "role": "lower"})
    assert (added.status_code, added.json()["is_up"]) == (201, False)
    again = await administrator.post("/api/nodes", json={"text": to_text(OTHER), "role": "lower"})
    assert again.status_code == 409
    bad = await administrator.post("/api/nodes", json={"text": "GB1-nonsense", "role": "lower"})
    assert bad.status_code == 422
    assert (await administrator.delete(f"/api/nodes/{OTHER.id}")).status_code == 204
    (kept,) = (await administrator.get("/api/nodes")).json()["items"]
    assert kept["revoked_at"] is not None


async def test_who_called_and_was_refused_is_said(small_world: World) -> None:
    """One that is not linked by what it says of itself, one that was by the name it had here; only so many."""
    administrator = await small_world.person("quantri")
    await administrator.post("/api/nodes", json={"text": to_text(OTHER), "role": "lower"})
    await administrator.delete(f"/api/nodes/{OTHER.id}")
    services = small_world.services
    hub, key = services.hub, NodeKey(b"k" * 32)
    links = services.node_links = Links(
        small_world.database, hub.node, key, "Huyện", LinkChannel(), lambda: hub.lease, services.now
    )
    for number in range(2 * MOST_REFUSED):
        links.note_stranger(f"{number:08x}-0000-7000-8000-000000000000", "x" * 200)
    links.note_stranger(OTHER.id, "Một tên khác")
    refused = (await administrator.get("/api/nodes")).json()["refused"]
    assert len(refused) == MOST_REFUSED
    assert (refused[0]["id"], refused[0]["name"], refused[0]["is_revoked"]) == (OTHER.id, OTHER.name, True)
    assert (refused[1]["name"], refused[1]["is_revoked"]) == ("x" * 60, False)


def test_at_the_keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAOBAN_DATA", str(tmp_path / "data"))
    run = CliRunner().invoke
    assert "GB1-" in run(app, ["show"]).output
    (tmp_path / "other.txt").write_text(to_text(OTHER))
    assert fingerprint(OTHER.public_key) in run(app, ["add", str(tmp_path / "other.txt"), "--role", "upper"]).output
    assert OTHER.name in run(app, ["list"]).output
    assert run(app, ["add", str(tmp_path / "other.txt"), "--role", "upper"]).exit_code == 1
    assert run(app, ["revoke", OTHER.id]).exit_code == 0
    assert run(app, ["new-epoch"]).output.startswith("Epoch 2")
