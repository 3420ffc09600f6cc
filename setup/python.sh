#!/usr/bin/env bash
# Makes .venv from requirements.lock (hashes checked) and installs giaoban into it, editable, building native parts.
set -euo pipefail
cd "$(dirname "$0")/.."
setup/system.sh run
python=${PYTHON:-python3.11}
echo "[1/2] Python environment"
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch .venv/.complete
