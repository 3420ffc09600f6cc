"""What a browser loads first: what index.html names, gzipped. ``python -m bench client_size``."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

from bench.record import Figure

DIST = Path(__file__).parent.parent / "web/client/dist"
SHORT: dict[str, Any] = {}
FULL = SHORT


def measure() -> list[Figure]:
    """Bytes of the first load, and of everything that is loaded later."""
    page = (DIST / "index.html").read_text()
    first = {name.lstrip("/") for name in re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)}
    sizes = {"script of the first load": 0, "style of the first load": 0, "scripts of later pages": 0}
    for path in [*DIST.rglob("*.js"), *DIST.rglob("*.css")]:
        size = len(gzip.compress(path.read_bytes(), 9))
        is_script = path.suffix == ".js"
        if str(path.relative_to(DIST)) in first:
            sizes["script of the first load" if is_script else "style of the first load"] += size
        elif is_script:
            sizes["scripts of later pages"] += size
    return [Figure(f"{what}, gzip", round(size / 1000, 1), "kB") for what, size in sizes.items()]
