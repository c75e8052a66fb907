#!/usr/bin/env bash
# Clients of npm against a local server. Installs them where the lock is newer; ends with vitest's summary.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"
if [ ! test/clients/node_modules/.package-lock.json -nt test/clients/package-lock.json ]; then
  npm ci --prefix test/clients --no-audit --no-fund --loglevel=error
fi
tsc --noEmit -p test/clients/tsconfig.json
exec vitest run --config test/clients/vitest.config.ts "$@"
