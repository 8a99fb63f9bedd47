#!/usr/bin/env bash
# Prints what the changelog says of a version, or of what is not released yet where it says nothing of it:
#   packaging/notes.sh v1.2.3
set -euo pipefail
cd "$(dirname "$0")/.."
section() {
    awk -v heading="## [$1]" 'index($0, heading) == 1 { on = 1; next } /^## / { on = 0 } on' CHANGELOG.md
}
notes=$(section "${1#v}")
[ -n "$notes" ] || notes=$(section Unreleased)
printf '%s\n' "$notes"
