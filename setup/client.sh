#!/usr/bin/env bash
# Builds the browser client from its lock file.
set -euo pipefail
cd "$(dirname "$0")/../web/client"
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -ge 20 ] || { echo "Node 20 or newer is needed; this is $(node --version)" >&2; exit 1; }
echo "[2/2] Browser client"
npm ci --no-fund --no-audit --progress=true
npm run build --silent
touch dist/.complete
