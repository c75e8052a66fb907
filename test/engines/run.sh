#!/usr/bin/env bash
# The store's contract on AWS's own engine (Java 17). The engine listens on every interface and cannot be told not to: engine
# and tests run in a network that has nothing but a loopback. Where the system does not permit one, they run without.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ ! test/engines/node_modules/.package-lock.json -nt test/engines/package-lock.json ]; then
  npm ci --prefix test/engines --no-audit --no-fund --loglevel=error
fi
run='node_modules/.bin/vitest run --config test/engines/vitest.config.ts'
export PATH="$PWD/node_modules/.bin:$PATH"
up='ip link set lo up 2>/dev/null || ifconfig lo up'
for flags in '-n' '-rn'; do
  if unshare "$flags" sh -c "$up" 2>/dev/null; then
    exec unshare "$flags" sh -c "{ $up; } && exec $run"
  fi
done
echo 'No network namespace is permitted here: the engine listens on every interface while its tests run.' >&2
exec $run
