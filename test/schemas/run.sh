#!/usr/bin/env bash
# Installs what the providers publish about their requests (needs python3 with venv, and PyPI and npm once), and judges ours by it.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.e2e/bedrock
wanted=$(cksum < test/schemas/bedrock/requirements.txt)
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r test/schemas/bedrock/requirements.txt
  echo "$wanted" > "$venv/installed"
fi

export PATH="$PWD/node_modules/.bin:$PATH"
published=test/schemas/published
if [ ! $published/node_modules/.package-lock.json -nt $published/package-lock.json ]; then
  npm ci --prefix $published --no-audit --no-fund --ignore-scripts --loglevel=error
fi
node $published/generate.mjs .e2e/schemas.json
exec vitest run --config test/schemas/vitest.config.ts
