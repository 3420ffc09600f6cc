"""What a machine lacks is named with the command that mends it: the real script, on machines put together in PATH."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "setup" / "system.sh"


class Machine:
    """Programs that answer one thing each, before those that are really there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.has("id", "echo 1000")

    def has(self, program: str, does: str) -> None:
        file = self.folder / program
        file.write_text(f"#!/bin/sh\n{does}\n")
        file.chmod(0o755)

    def look(self, **environment: str) -> tuple[int, str]:
        """Exit code and what was said."""
        path = f"{self.folder}:{os.environ['PATH']}"
        done = subprocess.run(
            [SCRIPT, "run"], env={"PATH": path} | environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_this_machine_has_everything(machine: Machine) -> None:
    assert machine.look() == (0, "")


def test_an_old_node_is_named_with_the_command_that_brings_a_new_one(machine: Machine) -> None:
    machine.has("node", "echo v18.20.4")
    code, said = machine.look()
    assert code == 1
    assert "Node 20 or newer is needed; this is v18.20.4" in said
    assert "setup_20.x" in said and "apt-get install -y nodejs" in said
    machine.has("node", "echo v22.1.0")
    assert machine.look() == (0, "")


def test_an_old_python_is_named_and_another_one_can_be_taken(machine: Machine) -> None:
    machine.has("python3.9", 'case "$1" in -c) exit 1 ;; *) echo "Python 3.9.2" ;; esac')
    code, said = machine.look(PYTHON="python3.9")
    assert code == 1
    assert "Python 3.11 or newer is needed; python3.9 is Python 3.9.2" in said
    assert "make run PYTHON=python3.11" in said
    machine.has("python3.99", 'exec python3.11 "$@"')
    machine.has("python3.11.old", "exit 1")
    assert machine.look(PYTHON="python3.99") == (0, "")


def test_what_is_missing_is_named_with_its_command(machine: Machine) -> None:
    code, said = machine.look(PYTHON="python3.98")
    assert code == 1
    assert "Missing: python3.98 python3.98-venv python3.98-dev" in said
    assert "sudo apt-get install -y --no-install-recommends python3.98 python3.98-venv python3.98-dev" in said


def test_root_on_debian_gets_it_installed_and_looked_at_again(machine: Machine, tmp_path: Path) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", f'echo "$@" >>{tmp_path}/asked')
    code, said = machine.look(PYTHON="python3.98")
    assert code == 1  # this apt-get brought nothing
    assert "Still missing after installing: python3.98" in said
    assert (tmp_path / "asked").read_text().splitlines()[1].startswith("install -y --no-install-recommends python3.98")
    brings = f"printf '#!/bin/sh\\nexec python3.11 \"$@\"\\n' >{tmp_path}/python3.98; chmod +x {tmp_path}/python3.98"
    machine.has("apt-get", brings)
    code, said = machine.look(PYTHON="python3.98")
    assert code == 0, said
