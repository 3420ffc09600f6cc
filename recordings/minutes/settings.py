"""Settings of papers, minutes and filing: frozen, handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """Whose certificates count; without a trusted root every signature is marked as a test on its face."""

    test_authority: Path  # folder of our own test CA, made when first needed
    trusted_roots: tuple[Path, ...] = ()  # certificates, PEM or DER
    pin_attempts: int = 5  # wrong PINs before the key is locked
    lock_minutes: int = 15


@dataclass(frozen=True, slots=True)
class FilingSettings:
    """Where dossiers are delivered."""

    folder: Path
    installation: str = "Giao Ban"  # named as the creator of the dossier
