#!/usr/bin/env bash
# A typed client in Rust against a local server that this starts. Needs cargo, and crates.io once.
# Ends with a line "N passed, N failed"; fails where anything failed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export CARGO_TARGET_DIR="$PWD/.e2e/clients-rust"
cargo build --quiet --locked --manifest-path test/clients/rust/Cargo.toml
PATH="$PWD/node_modules/.bin:$PATH" exec node test/clients/with-server.ts "$CARGO_TARGET_DIR/debug/purser-clients"
