#!/usr/bin/env bash
# The official Go SDKs of OpenAI and Anthropic against a local server that this starts. Needs Go, and its module proxy once.
# Ends with a line "N passed, N failed"; fails where anything failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
mkdir -p .e2e
go build -C test/clients/go -mod=readonly -o "$PWD/.e2e/clients-go" .
PATH="$PWD/node_modules/.bin:$PATH" exec node test/clients/with-server.ts .e2e/clients-go
