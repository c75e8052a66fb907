#!/usr/bin/env bash
# Coding agents of npm against a local server that this starts. Installs them where the lock is newer. `run.sh codex`: that one alone.
# Ends with a line "N passed, N failed"; fails where anything failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export PATH="$PWD/node_modules/.bin:$PATH"
here=test/clients/agents
if [ ! $here/node_modules/.package-lock.json -nt $here/package-lock.json ]; then
  # Not `npm ci`, which refuses a lock without the binaries of every platform; some registries do not have them all.
  npm install --prefix $here --no-save --no-audit --no-fund --loglevel=error
fi
exec node test/clients/with-server.ts node $here/agents.ts "$@"
