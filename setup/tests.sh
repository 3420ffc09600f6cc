#!/usr/bin/env bash
# All Python tests, side by side: those with browsers in rooms, one at a time; the other whole installations, one at a
# time; and with what these leave of the processors, the small tests. What failed is run once more, alone: a starved
# machine gets a second chance, a real fault fails twice.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/tests

tests() { # tests NAME MARKERS OPTION…: its own cache, so that each knows what failed of its tests
    local name=$1 markers=$2
    shift 2
    .venv/bin/python -m pytest -q --show-capture=no --tb=short -o cache_dir="build/tests/$name" -m "$markers" "$@"
}
last() { # for a job of its own; Linux weighs sessions before processes (autogroup): a session of its own, and the last in line
    exec setsid bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' last "$@"
}
export -f tests

declare -A markers=([rooms]="rooms" [installations]="installation" [small]="not rooms and not installation") running
last bash -c 'tests "$@"' tests small "${markers[small]}" -n 2 >build/tests/small.log 2>&1 &
running[small]=$!
setsid bash -c 'tests "$@"' tests installations "${markers[installations]}" >build/tests/installations.log 2>&1 &
running[installations]=$!
trap 'kill -- "-${running[small]}" "-${running[installations]}" 2>/dev/null' EXIT

failed=()
tests rooms "${markers[rooms]}" || failed+=(rooms)
for name in installations small; do
    wait "${running[$name]}" || failed+=("$name")
    cat "build/tests/$name.log"
done
for name in "${failed[@]}"; do
    tests "$name" "${markers[$name]}" --last-failed --last-failed-no-failures none || exit 1
done
