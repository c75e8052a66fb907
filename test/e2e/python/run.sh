#!/usr/bin/env bash
# OpenAI's Python SDK against a local server that this starts. Needs python3 with venv, and PyPI once.
# Ends with a line "N passed, N failed"; fails where anything failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."

venv=.e2e/python
if ! "$venv/bin/python" -c 'import openai' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r test/e2e/python/requirements.txt
fi
PATH="$PWD/node_modules/.bin:$PATH" exec node test/e2e/python/run.ts "$venv/bin/python"
