"""``python -m bench.weak_line --against janus --against livekit``: one JSON object, server → line → figures."""

from __future__ import annotations

import argparse
import json

from bench.fanout.servers.server import CannotRun
from bench.weak_line import measure_rows
from bench.weak_line.rows import FULL_ROWS, SHORT_ROWS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.weak_line", description=__doc__)
    parser.add_argument("--against", action="append", default=[], choices=("janus", "livekit"))
    parser.add_argument("--row", action="append", default=[], help="only lines whose name begins so")
    parser.add_argument("--short", action="store_true", help="three lines only")
    chosen = parser.parse_args()
    rows = [row for row in (SHORT_ROWS if chosen.short else FULL_ROWS)
            if not chosen.row or row.name.startswith(tuple(chosen.row))]  # fmt: skip
    for row in rows:
        for name in ("ours", *chosen.against):
            try:
                figures = measure_rows([row], [name])
                found: dict[str, float | str] = {figure.what.rpartition(": ")[2]: figure.value for figure in figures}
            except (CannotRun, TimeoutError) as error:
                found = {"error": str(error)[:300]}
            print(json.dumps({"server": name, "line": row.name, **found}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
