"""The worker these browsers meet in."""

from __future__ import annotations

from tests.web.media.conftest import media

__all__ = ["media"]
