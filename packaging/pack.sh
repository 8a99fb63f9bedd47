#!/usr/bin/env bash
# Builds the program for one target, tries it, and packs it with what belongs to it:
#   packaging/pack.sh v1.2.3 x86_64-unknown-linux-gnu   ->   dist/agent-sync-v1.2.3-x86_64-unknown-linux-gnu.tar.gz
# Cargo's configuration makes it static on Linux; that is checked here once more.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1 target=$2

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
if [ "$tag" != "v$version" ]; then
    echo "the tag is $tag, and Cargo.toml says $version" >&2
    exit 1
fi

cargo build --release --locked --target "$target"
case $target in *windows*) suffix=.exe ;; *) suffix= ;; esac
program=target/$target/release/agent-sync$suffix
"$program" --version | grep -qF "$version"
case $target in
*linux*)
    # A static program has no loader that could list its libraries.
    if LC_ALL=C ldd "$program" 2>&1 | grep -q '=>'; then
        echo "$program is not static" >&2
        exit 1
    fi
    ;;
esac

name=agent-sync-$tag-$target
rm -rf "dist/$name"
mkdir -p "dist/$name/completions" "dist/$name/man/man1"
cp "$program" README.md LICENSE CHANGELOG.md SECURITY.md "dist/$name/"
for shell in bash zsh fish elvish powershell; do
    "$program" completions "$shell" >"dist/$name/completions/agent-sync.$shell"
done
"$program" --quiet man --output "dist/$name/man/man1"
case $target in
*windows*) (cd dist && 7z a -bso0 "$name.zip" "$name") ;;
*) tar -C dist -czf "dist/$name.tar.gz" "$name" ;;
esac
rm -r "dist/$name"
