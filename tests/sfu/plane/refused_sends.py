"""Child of test_native_refusals.py: a meeting on a kernel that refuses to send, see refusing_kernel.c."""

from __future__ import annotations

import ctypes
import errno
import sys

from .test_native_loop import Stage, meeting


def main(kernel: ctypes.CDLL) -> None:
    stage = Stage()
    sender, (viewer,), camera = meeting(stage, 1)
    for code in (errno.EAGAIN, errno.ENOBUFS, errno.EINTR):  # full for a moment: nothing is lost
        before = len(viewer.rtp)
        kernel.refuse(code, 1)
        stage.send(sender, *camera.frame(3))
        stage.until(lambda: kernel.refusals_left() == 0 and len(viewer.rtp) == before + 3)  # noqa: B023
    assert stage.counter("send_dropped") == 0
    for code in (errno.EAGAIN, errno.ENOBUFS, errno.EHOSTUNREACH):  # full for longer: dropped, counted, and on
        dropped = stage.counter("send_dropped")
        kernel.refuse(code, 2)
        while kernel.refusals_left() or stage.counter("send_dropped") == dropped:
            stage.send(sender, *camera.frame(1))
            stage.look()
        stage.send(sender, *camera.frame(2))
        stage.until(lambda: viewer.rtp[-1].payload.endswith(f"{camera.picture - 1 & 0x7FFF}/1".encode()))
    stage.close()
    print("went on", len(viewer.rtp), stage.counter("send_dropped"))


if __name__ == "__main__":
    main(ctypes.CDLL(sys.argv[1]))
