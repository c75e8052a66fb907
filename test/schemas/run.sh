#!/usr/bin/env bash
# Installs what the providers publish about their requests (needs python3 with venv, and PyPI once), and judges ours by it.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.e2e/bedrock
wanted=$(cksum < test/schemas/bedrock/requirements.txt)
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r test/schemas/bedrock/requirements.txt
  echo "$wanted" > "$venv/installed"
fi
PATH="$PWD/node_modules/.bin:$PATH" exec vitest run --config test/schemas/vitest.config.ts
