#!/usr/bin/env bash
# All Python tests. Whole installations run two at a time, of which one has browsers in a room; the small tests run
# beside them with what they leave of the processors. What failed is run once more, alone: a starved machine gets a
# second chance, a real fault fails twice.
set -uo pipefail
cd "$(dirname "$0")/.."
run=(.venv/bin/python -m pytest -q --show-capture=no --tb=short)
again=(--last-failed --last-failed-no-failures none)
whole=(--dist loadgroup -m xdist_group -o cache_dir=build/tests/whole)
small=(-m "not xdist_group" -o cache_dir=build/tests/small)
mkdir -p build/tests

# Linux weighs sessions before processes (autogroup): a session of its own, and the last in line.
setsid bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' small "${run[@]}" -n 2 "${small[@]}" \
    >build/tests/small.log 2>&1 &
beside=$!
trap 'kill -- "-$beside" 2>/dev/null' EXIT
"${run[@]}" -n 2 "${whole[@]}"
whole_ended=$?
wait "$beside"
small_ended=$?
cat build/tests/small.log
failed=0
[ "$whole_ended" -eq 0 ] || "${run[@]}" "${again[@]}" -n 1 "${whole[@]}" || failed=1
[ "$small_ended" -eq 0 ] || "${run[@]}" "${again[@]}" "${small[@]}" || failed=1
exit "$failed"
