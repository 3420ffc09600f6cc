"""What a room puts on air, and who comes first in a viewer's slots because of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Mode = Literal["discussion", "one_speaker", "chair_only"]


@dataclass(frozen=True, slots=True)
class Program:
    """Peers by name; ``mode`` decides who is shown large when."""

    floor: str | None = None
    chair: str | None = None
    presentation: str | None = None
    mode: Mode = "discussion"

    def leading(self, dominant: str | None) -> list[str]:
        """Who is shown first, most important first."""
        order: dict[Mode, tuple[str | None, ...]] = {
            "discussion": (self.floor, dominant, self.chair),
            "one_speaker": (self.floor, self.chair),
            "chair_only": (self.chair, self.floor),
        }
        return unique(name for name in order[self.mode] if name is not None)

    def heard_first(self) -> list[str]:
        """Whose microphone keeps an audio slot even while silent, so that no first word is lost."""
        return unique(name for name in (self.floor, self.chair) if name is not None)


def unique(names: Iterable[str]) -> list[str]:
    """The names in order, each once."""
    return list(dict.fromkeys(names))
