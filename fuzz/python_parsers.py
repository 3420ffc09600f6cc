"""Fuzz one Python parser of network bytes with atheris, which sees the branches of the interpreter's bytecode.

``python fuzz/python_parsers.py sdp --cpu-minutes 30`` runs on ``tests/corpora/sdp`` in rounds until so much CPU time is
used: a machine with other work makes it longer, not less. What it finds stays in ``build/fuzz/sdp/found``, a crashing
input in ``build/fuzz/sdp``. ``--merge`` writes the smallest set of inputs with the same coverage back. A target may
raise nothing: each turns the parser's own errors into silence.
Needs ``pip install atheris``, which the lock file leaves out: only fuzzing uses it.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPORA = {"reference_rtcp": "rtcp"} | {
    name: name for name in ("stun", "sdp", "signalling", "fragment", "link", "replication", "meetings")
}
WATCHED = [
    "sfu",
    "web.signalling.incoming",
    "web.doors.fragment",
    "scheduler.replication",
    "scheduler.linked",
    "scheduler.proceedings",
    "aioice.stun",
]
LIMITS = ["-max_len=8192", "-timeout=60", "-print_final_stats=1"]

Target = Callable[[bytes], None]


def targets() -> dict[str, Target]:
    """Imported when asked for, so that atheris can watch the imports."""
    from sfu.rtp.errors import MalformedPacket
    from sfu.rtp.rtcp import parse_compound
    from sfu.transport.ice import IceAgent, IceTable
    from tests.scheduler.linked.test_messages import fuzz_message
    from tests.scheduler.replication.test_receiving import fuzz_frame
    from tests.sfu.linking.fuzzing import fuzz_link
    from tests.sfu.test_fuzz import fuzz_offer
    from tests.web.doors.test_fragment import fuzz_fragment
    from web.signalling.incoming import Malformed, UnknownVersion, read_hello, read_message

    def stun(data: bytes) -> None:
        for check in (data, signed(data)):
            table = IceTable(per_second=10**9)
            table.add(IceAgent("ours", "p" * 24, "theirs"), 1)
            table.receive(check, ("192.0.2.1", 1), ("192.0.2.1", 1), 1.0)

    def signalling(data: bytes) -> None:
        for read in (read_message, read_hello):
            with contextlib.suppress(Malformed, UnknownVersion):
                read(data.decode("utf-8", "replace"))

    def replication(data: bytes) -> None:
        fuzz_frame(data.decode("utf-8", "replace"))

    def rtcp(data: bytes) -> None:
        with contextlib.suppress(MalformedPacket):
            parse_compound(data)

    return {
        "stun": stun,
        "sdp": fuzz_offer,
        "signalling": signalling,
        "reference_rtcp": rtcp,
        "fragment": fuzz_fragment,
        "replication": replication,
        "link": fuzz_link,
        "meetings": fuzz_message,
    }


def signed(data: bytes) -> bytes:
    """The same message as the right peer would send it: no fuzzer guesses a MESSAGE-INTEGRITY."""
    from aioice import stun

    try:
        message = stun.parse_message(data)
        message.attributes.pop("MESSAGE-INTEGRITY", None)
        message.attributes.pop("FINGERPRINT", None)
        message.attributes["USERNAME"] = "ours:theirs"
        message.add_message_integrity(b"p" * 24)
        return bytes(message)
    except Exception:  # the library writes only what is sound; the bytes themselves were tried already
        return data


def fuzz(name: str, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=WATCHED):
        target = targets()[name]
    again = f"{sys.executable} -m fuzz.python_parsers {name} --inside"  # how libFuzzer starts the halves of a merge
    atheris.Setup([again, *options], target)
    atheris.Fuzz()


def run(name: str, *options: str) -> int:
    """In a process of its own."""
    command = [sys.executable, "-m", "fuzz.python_parsers", name, "--inside", *options]
    return subprocess.run(command, cwd=ROOT).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", choices=sorted(CORPORA))
    parser.add_argument("--seconds", type=int, default=60, help="of one round, by the clock")
    parser.add_argument("--cpu-minutes", type=float, default=0.0, help="rounds are run until so much is used")
    parser.add_argument("--merge", action="store_true", help="afterwards, write the smallest corpus back")
    chosen = parser.parse_args()
    place, corpus = ROOT / "build/fuzz" / chosen.name, ROOT / "tests/corpora" / CORPORA[chosen.name]
    found, fewest = place / "found", place / "fewest"
    found.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [*LIMITS, f"-max_total_time={chosen.seconds}", f"-artifact_prefix={place}/"]
    result, used = 0, 0.0
    while result == 0 and (not used or used < chosen.cpu_minutes):
        result = run(chosen.name, *limits, str(found), str(corpus))
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime / 60
        print(f"{chosen.name}: {used:.1f} CPU-minutes", flush=True)
    if result == 0 and chosen.merge:
        shutil.rmtree(fewest, ignore_errors=True)
        fewest.mkdir()
        result = run(chosen.name, "-merge=1", "-max_len=8192", str(fewest), str(corpus), str(found))
        if result == 0 and any(fewest.iterdir()):
            shutil.rmtree(corpus)
            shutil.copytree(fewest, corpus)
    return result


if __name__ == "__main__":
    if sys.argv[2:3] == ["--inside"]:
        fuzz(sys.argv[1], sys.argv[3:])
    sys.exit(main())
