#!/usr/bin/env bash
# Fills in the Homebrew formula of a release:
#   packaging/formula.sh v1.2.3 dist/SHA256SUMS owner/repository >agent-sync.rb
set -euo pipefail
here=$(dirname "$0")
tag=$1 sums=$2 repository=$3

# The checksum of the archive for one target.
sum() {
    local found
    found=$(awk -v name="agent-sync-$tag-$1.tar.gz" '$2 == name || $2 == "*" name { print $1 }' "$sums")
    if ! [[ $found =~ ^[0-9a-f]{64}$ ]]; then
        echo "$sums lacks a checksum for $1" >&2
        return 1
    fi
    echo "$found"
}

script=(-e "s|@VERSION@|${tag#v}|g" -e "s|@REPOSITORY@|$repository|g")
for target in aarch64-apple-darwin x86_64-apple-darwin aarch64-unknown-linux-gnu x86_64-unknown-linux-gnu; do
    found=$(sum "$target")
    script+=(-e "s|@SHA256 $target@|$found|")
done
sed "${script[@]}" "$here/homebrew/agent-sync.rb.in"
