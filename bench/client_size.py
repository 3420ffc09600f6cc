"""What a browser loads first: what index.html names, gzipped. ``python -m bench.client_size``."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

DIST = Path("web/client/dist")


def measure() -> dict[str, int | str]:
    """Bytes of the first load, and of everything that is loaded later."""
    page = (DIST / "index.html").read_text()
    first = {name.lstrip("/") for name in re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)}
    sizes = {"script_gzip_bytes": 0, "style_gzip_bytes": 0, "later_script_gzip_bytes": 0}
    for path in DIST.rglob("*"):
        if path.suffix not in {".js", ".css"}:
            continue
        size = len(gzip.compress(path.read_bytes(), 9))
        is_first = str(path.relative_to(DIST)) in first
        kind = "script" if path.suffix == ".js" else "style"
        if is_first:
            sizes[f"{kind}_gzip_bytes"] += size
        elif kind == "script":
            sizes["later_script_gzip_bytes"] += size
    return {"name": "client_size", **sizes}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
