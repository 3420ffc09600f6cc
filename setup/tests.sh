#!/usr/bin/env bash
# All Python tests: whole installations one after another, as a browser in a room takes its processor for as long as it
# is there; beside them, with what they leave, the small tests. What failed is run once more, alone: a starved machine
# gets a second chance, a real fault fails twice.
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

last bash -c 'tests "$@"' tests small "not installation" -n 2 >build/tests/small.log 2>&1 &
small=$!
trap 'kill -- "-$small" 2>/dev/null' EXIT

failed=0
again() { # again NAME MARKERS: what failed, alone; named at the end, so that no test fails now and then unnoticed
    .venv/bin/python -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' \
        "build/tests/$1/v/cache/lastfailed" >>build/tests/failed-at-first
    tests "$1" "$2" --last-failed || failed=1
}
rm -f build/tests/failed-at-first
tests installations installation --durations=20 || again installations installation
wait "$small"
small_ended=$?
cat build/tests/small.log
[ "$small_ended" -eq 0 ] || again small "not installation"
if [ -s build/tests/failed-at-first ]; then
    [ "$failed" -eq 0 ] && echo "Failed at first, passed when run again:" || echo "Failed at first:"
    cat build/tests/failed-at-first
fi
exit "$failed"
