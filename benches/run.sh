#!/usr/bin/env bash
# Measures the program from the start of a process to its end; `benches/run.sh --help` says what can be chosen.
# The measuring program itself needs no optimisation: what it measures is built with the release profile.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo bench --quiet --locked --profile dev --bench process -- "$@"
