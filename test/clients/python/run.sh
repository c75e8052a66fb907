#!/usr/bin/env bash
# Clients in Python against a local server that this starts: the SDKs in the versions that applications have, and frameworks. Needs
# python3 with venv, and PyPI once. Each suite ends with a line "N passed, N failed"; fails where anything failed.
# `run.sh frameworks langchain` runs the cases of one lock whose names have the word.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export PATH="$PWD/node_modules/.bin:$PATH"
here=test/clients/python
chosen=${1:-}
shift || true

# suite LOCK FILE WORD...: installs exactly what the lock says, once.
suite() {
  local lock="$here/locks/$1.txt" venv=".e2e/clients-$1" file=$2
  if [ -n "$chosen" ] && [ "$chosen" != "$1" ]; then return 0; fi
  shift 2
  if ! cmp --silent "$lock" "$venv/lock.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$lock"
    cp "$lock" "$venv/lock.txt"
  fi
  node test/clients/with-server.ts "$venv/bin/python" "$here/$file" "$@"
}

status=0
for version in 2.12.0 0.125.0; do suite anthropic-$version messages.py || status=1; done
for version in 3.52.0 1.109.1; do suite openai-$version openai_sdk.py "$@" || status=1; done
suite frameworks frameworks.py "$@" || status=1
suite frameworks-more frameworks_more.py "$@" || status=1
exit $status
