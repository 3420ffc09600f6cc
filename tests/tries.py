"""How much tests with random input try: little in the ordinary run, ten times as much with ``TRIES=10``.

``TRIES=20 .venv/bin/python -m pytest -n 2 tests/sfu`` is the long run after a change of the plane or a parser.
"""

from __future__ import annotations

import os

TIMES = int(os.environ.get("TRIES", "1"))


def tries(count: int, begin: int = 0) -> range:
    """Seeds or rounds: so many in the ordinary run."""
    return range(begin, begin + count * TIMES)
