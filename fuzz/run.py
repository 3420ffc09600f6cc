"""Fuzz one native parser of network bytes with libFuzzer, AddressSanitizer and UBSan.

``python fuzz/run.py rtp --runs 10000000`` builds ``build/fuzz/rtp/fuzzer`` with clang and runs it on
``tests/corpora/rtp``; what it finds stays in ``build/fuzz/rtp/found``, a crashing input in ``build/fuzz/rtp``.
``--merge`` then writes the smallest set of inputs with the same coverage back to ``tests/corpora/rtp``.
Needs clang with its runtime (Debian: clang, libclang-rt-dev) and a Python with its shared library.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARSERS = ROOT / "build/native/sfu/plane/native/parsers.c"
TARGETS = ("rtp", "rtcp", "payload", "red", "feedback", "frames", "demultiplex")
SANITIZERS = "address,undefined"
# Without optimisation: what a parser returns is not used here, and an optimiser would remove its reads. Two checks
# compare addresses, which the fuzzer would take for secrets to guess; AddressSanitizer sees the same faults.
COMPILE = [
    *("-O0", "-g", "-w", "-D_GNU_SOURCE", "-DOPENSSL_SUPPRESS_DEPRECATED"),
    *(f"-fsanitize={SANITIZERS},fuzzer-no-link", "-fno-sanitize-recover=undefined"),
    "-fno-sanitize=pointer-overflow,null",
    f"-fsanitize-coverage-allowlist={ROOT / 'fuzz/parsers.allow'}",
]
LIMITS = ["-max_len=2048", "-timeout=60", "-print_final_stats=1"]


def build(name: str, place: Path) -> Path:
    """The fuzzer of a target; the parsers are compiled again when their C source is newer."""
    subprocess.run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=ROOT, check=True)
    compiled = place.parent / "parsers.o"
    headers = f"-I{sysconfig.get_paths()['include']}"
    if not compiled.exists() or compiled.stat().st_mtime < PARSERS.stat().st_mtime:
        subprocess.run(["clang", *COMPILE, headers, "-c", str(PARSERS), "-o", str(compiled)], check=True)
    fuzzer = place / "fuzzer"
    driver = [f"-fsanitize={SANITIZERS},fuzzer", "-g", f"-DFUZZ_TARGET=gb_fuzz_{name}", "fuzz/native_parsers.c"]
    subprocess.run(["clang", *driver, str(compiled), "-o", str(fuzzer), *libraries()], cwd=ROOT, check=True)
    return fuzzer


def libraries() -> list[str]:
    """The interpreter's own library, found again at run time, and libcrypto."""
    folder, version = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDVERSION")
    return [f"-L{folder}", f"-Wl,-rpath,{folder}", f"-lpython{version}", "-lcrypto"]


def merge(fuzzer: Path, place: Path, corpus: Path) -> None:
    """Replace the corpus by the fewest inputs that reach as much."""
    fewest = place / "fewest"
    shutil.rmtree(fewest, ignore_errors=True)
    fewest.mkdir()
    sources = [str(corpus), str(place / "found")]
    subprocess.run([str(fuzzer), "-merge=1", "-max_len=2048", str(fewest), *sources], check=True)
    shutil.rmtree(corpus)
    shutil.copytree(fewest, corpus)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--merge", action="store_true", help="afterwards, write the smallest corpus back")
    chosen = parser.parse_args()
    place, corpus = ROOT / "build/fuzz" / chosen.name, ROOT / "tests/corpora" / chosen.name
    (place / "found").mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    fuzzer = build(chosen.name, place)
    found = [str(place / "found"), str(corpus)]
    ended = subprocess.run([str(fuzzer), f"-runs={chosen.runs}", *LIMITS, f"-artifact_prefix={place}/", *found])
    if ended.returncode == 0 and chosen.merge:
        merge(fuzzer, place, corpus)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
