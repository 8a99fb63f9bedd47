#!/bin/sh
# Installs the pinned Claude Code client where the end-to-end tests look for it, if it is not there.
# Pinned, because the tests state facts about one client; raise the version on purpose, then rerun them.
set -eu

version=2.1.329
package=@anthropic-ai/claude-code-linux-x64
folder=$(cd "$(dirname "$0")/../.." && pwd)/.cache/client
installed=$folder/node_modules/$package

if [ -x "$installed/claude" ] && grep -q "\"version\": \"$version\"" "$installed/package.json"; then
    echo "client $version is installed"
    exit 0
fi
mkdir -p "$folder"
npm install --no-save --no-audit --no-fund --prefix "$folder" "$package@$version"
"$installed/claude" --version
