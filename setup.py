"""Native parts. ``python setup.py build_ext --inplace`` builds them beside their sources; so does ``make setup``.

``GIAOBAN_NATIVE=asan`` builds them with AddressSanitizer, UBSan and bounds checks instead (run tests with
``LD_PRELOAD=$(gcc -print-file-name=libasan.so)``); ``GIAOBAN_NATIVE=annotate`` writes Cython's HTML beside them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

PLANE = Path("sfu/plane/native")
MACROS = [("_GNU_SOURCE", "1"), ("OPENSSL_SUPPRESS_DEPRECATED", "1")]
ORDINARY = ["-O3", "-ffp-contract=off", "-fno-plt", "-Wall", "-Wno-unused-function"]
QUICKLY = ["-O1", *ORDINARY[1:]]
CHECKED = ["-O1", "-g", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-omit-frame-pointer"]


def extensions() -> list[Extension]:
    """Cythonized; a performance hint is an error, for in a loop without the GIL it costs microseconds per call."""
    from Cython.Build import cythonize
    from Cython.Compiler import Errors, ExprNodes, PyrexTypes

    def refuse(position: object, message: str, env: object) -> None:
        Errors.error(position, f"performance hint: {message}")

    for module in (Errors, ExprNodes, PyrexTypes):
        module.performance_hint = refuse
    mode = os.environ.get("GIAOBAN_NATIVE", "")
    checked = mode == "asan"
    parts = [
        Extension(
            f"sfu.plane.native.{name}",
            [str(PLANE / f"{name}.pyx")],
            libraries=["crypto"],
            define_macros=MACROS,
            extra_compile_args=CHECKED if checked else ORDINARY if name == "engine" else QUICKLY,
            extra_link_args=["-fsanitize=address,undefined"] if checked else ["-Wl,-z,now"],
            depends=[str(path) for path in sorted(PLANE.glob("*.pxd"))],
        )
        for name in ("engine", "asking", "telling", "parsers", "session")  # packets are the engine's alone
    ]
    directives = {
        "language_level": 3,
        "cdivision": True,
        "boundscheck": checked,
        "wraparound": False,
        "initializedcheck": checked,
        "binding": True,
        "freethreading_compatible": False,
    }
    return cythonize(
        parts,
        compiler_directives=directives,
        nthreads=os.cpu_count() or 1,
        annotate=mode == "annotate",
        build_dir="build/asan" if checked else "build/native",
        force=checked,
    )


def is_needed() -> bool:
    return not {"egg_info", "dist_info", "--version", "clean"} & set(sys.argv[1:2])


setup(ext_modules=extensions() if is_needed() else [])
