"""An installation whose clock is wrong: libfaketime shifts what its processes read.

What the kernel stamps on a packet it does not shift, so there no packet is stamped by the kernel: with one clock for
facts and another for packets a recording would hold neither. What counts time without a date stays right.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), Path("libfaketime.so.1"))
UNSTAMPED_C = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int setsockopt(int socket, int level, int name, const void *value, socklen_t length) {
    static int (*real)(int, int, int, const void *, socklen_t);
    if (level == SOL_SOCKET && (name == SO_TIMESTAMP || name == SO_TIMESTAMPNS))
        return 0;
    if (!real)
        real = (int (*)(int, int, int, const void *, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
    return real(socket, level, name, value, length);
}
"""


def wrong_by(seconds: int, folder: Path) -> dict[str, str]:
    """Settings of its processes; needs libfaketime and a C compiler."""
    library, source = folder / "unstamped.so", folder / "unstamped.c"
    source.write_text(UNSTAMPED_C)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {
        "LD_PRELOAD": f"{FAKETIME}:{library}",
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else waits end at once and its threads spin
    }
