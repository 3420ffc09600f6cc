"""Builds the native part into ``build/bench`` when its sources are newer, and imports it from there.

Done on first use, so that nobody who only runs the product compiles it: ``from bench.fanout.build import engine``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

NATIVE = Path(__file__).parent / "native"
OUTPUT = Path(__file__).parents[2] / "build" / "bench"
NAME = "bench.fanout.native.engine"
FLAGS = ["-O3", "-march=native", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-function"]


def engine() -> ModuleType:
    """The extension module, built if need be."""
    if NAME in sys.modules:
        return sys.modules[NAME]
    library = OUTPUT / f"engine-{_digest()}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not library.exists():
        with _stdout_to_stderr():
            _build(library)
    specification = importlib.util.spec_from_file_location(NAME, library)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    sys.modules[NAME] = module
    return module


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Compilers talk; standard output is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _digest() -> str:
    """Of all sources and flags: another text is another file, so two trees or versions never meet."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for file in sorted(NATIVE.glob("*.[chp]*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(library: Path) -> None:
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension  # type: ignore[import-untyped]

    folder = OUTPUT / f"making-{os.getpid()}"
    sources = sorted(str(file) for file in NATIVE.glob("*.c"))
    extension = Extension(
        NAME, [str(NATIVE / "engine.pyx"), *sources], libraries=["crypto"], extra_compile_args=FLAGS,
        include_dirs=[str(NATIVE)],
    )  # fmt: skip
    made = cythonize([extension], build_dir=str(folder), quiet=True)  # type: ignore[no-untyped-call]
    command = Distribution({"name": "engine", "ext_modules": made}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(folder), str(folder)
    command.ensure_finalized()
    command.run()
    (folder / command.get_ext_filename(NAME)).replace(library)  # at once: nobody sees half of it


if __name__ == "__main__":
    print(engine().__file__)
