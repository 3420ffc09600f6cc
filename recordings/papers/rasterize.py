"""The child that opens PDF files from outside: counts pages or draws one, then ends. Imports nothing of the product.

Run as a script with ``count`` or ``page NUMBER WIDTH``; PDF on standard input, JSON or PNG on standard output. It binds
itself to limits of memory, time and files first, so a hostile file harms nobody but this process.
"""

from __future__ import annotations

import io
import json
import resource
import sys

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 25
MAX_PIXELS = 16_000_000
MAX_HEIGHT_RATIO = 6  # a page taller than this times its width is drawn smaller


def bind() -> None:
    """Give up what a renderer needs not: memory without end, time without end, files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main(arguments: list[str]) -> None:
    import pypdfium2

    bind()
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if arguments[0] == "count":
        sys.stdout.write(json.dumps({"pages": len(document)}))
        return
    number, width = int(arguments[1]), int(arguments[2])
    page = document[number - 1]
    page_width, page_height = page.get_size()
    scale = width / max(page_width, page_height / MAX_HEIGHT_RATIO, 1)
    pixels = page_width * page_height * scale * scale
    if pixels > MAX_PIXELS:
        scale *= (MAX_PIXELS / pixels) ** 0.5
    picture = io.BytesIO()
    page.render(scale=scale).to_pil().save(picture, "PNG", compress_level=6)
    sys.stdout.buffer.write(picture.getvalue())


if __name__ == "__main__":
    main(sys.argv[1:])
