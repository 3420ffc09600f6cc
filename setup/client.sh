#!/usr/bin/env bash
# Builds the browser client from its lock file.
set -euo pipefail
cd "$(dirname "$0")/../web/client"
../../setup/system.sh run
echo "[2/2] Browser client"
npm ci --no-fund --no-audit --progress=true
npm run build --silent
touch dist/.complete
