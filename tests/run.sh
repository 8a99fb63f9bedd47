#!/usr/bin/env bash
# Runs every check and every test. Installs what they need where it may, and says at its end what it could not
# run. With AGENT_SYNC_RUN_ALL=1 (as in continuous integration) anything that cannot run is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
must_run_all=${AGENT_SYNC_RUN_ALL:-}

# A program and the Debian package that has it.
need() {
    command -v "$1" >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        [ -n "${updated:-}" ] || { apt-get -qq update; updated=1; }
        DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "$2" >/dev/null || true
    fi
    command -v "$1" >/dev/null 2>&1
}

need git git || { echo "git is needed: install it first" >&2; exit 1; }
need cc gcc || { echo "a C compiler is needed to build SQLite: install one first" >&2; exit 1; }
command -v cargo >/dev/null 2>&1 || { echo "cargo is needed: see rustup.rs" >&2; exit 1; }
need strace strace || { missing+=("strace: that no command opens a socket, crashes at every step, calls that fail"); export AGENT_SYNC_OPTIONAL_TOOLS=1; }
need tmux tmux || { missing+=("tmux: the tests of the console, and that an idle session wakes in its terminal"); export AGENT_SYNC_OPTIONAL_TOOLS=1; }
for shell in zsh fish; do
    need $shell $shell || { missing+=("$shell: that it loads the completions"); export AGENT_SYNC_OPTIONAL_TOOLS=1; }
done
for reader in mandoc groff; do
    need $reader $reader || { missing+=("$reader: that the pages of the manual are well-formed"); export AGENT_SYNC_OPTIONAL_TOOLS=1; }
done
need chromium chromium || { missing+=("chromium: the report in a browser"); export AGENT_SYNC_OPTIONAL_TOOLS=1; }
need unshare util-linux || missing+=("unshare: sessions of the real client are not cut off from the network")
need npm npm || true
if ! tests/e2e/install-client.sh; then
    missing+=("the Claude Code client from npm: every test in tests/e2e")
    export AGENT_SYNC_E2E=optional
fi
if [ -n "$must_run_all" ] && [ ${#missing[@]} -gt 0 ]; then
    printf 'cannot run: %s\n' "${missing[@]}" >&2
    exit 1
fi

cargo fmt --check
cargo clippy --locked --all-targets --quiet -- --deny warnings
cargo clippy --locked --all-targets --quiet --no-default-features -- --deny warnings
if [ ${#missing[@]} -gt 0 ]; then
    printf '\n!!! NOT RUN: %s\n' "${missing[@]}" >&2
fi
cargo test --locked --quiet --no-default-features --test it -- without_the_console
exec cargo test --locked --no-fail-fast
