#!/usr/bin/env bash
# Anthropic's Python SDK, the newest and the one before its 1.0, against a local server that this starts. Needs python3 with venv,
# and PyPI once. Each ends with a line "N passed, N failed"; fails where anything failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."

status=0
for version in 2.12.0 0.125.0; do
  venv=.e2e/anthropic-$version
  if ! "$venv/bin/python" -c 'import anthropic' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "anthropic==$version"
  fi
  PATH="$PWD/node_modules/.bin:$PATH" node test/clients/python/run.ts "$venv/bin/python" || status=1
done
exit $status
