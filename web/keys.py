"""Secrets that an installation keeps: one file each, made once, readable by nobody else."""

from __future__ import annotations

import secrets
from pathlib import Path


def read_or_make_key(file: Path) -> bytes:
    """A secret of 32 bytes that this installation keeps; made once, mode 0600."""
    if file.is_file():
        return file.read_bytes()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    temporary = file.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(key)
    temporary.rename(file)
    return key
