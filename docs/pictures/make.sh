#!/usr/bin/env bash
# Makes the pictures of the README and the pages from the data of `agent-sync demo --project`:
#   docs/pictures/make.sh [PROGRAM]     (default: the program that `cargo build` makes)
# Needs script (bsdutils), tmux, python3, chromium, pngquant, the font DejaVu Sans Mono. What the program cannot do is left out, and said.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/docs/pictures
program=${1:-$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/$(rustc -vV | sed -n 's/^host: //p')/debug/agent-sync}
program=$(realpath "$program")
for tool in script tmux python3 chromium pngquant; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: see the top of $0" >&2; exit 1; }
done

scratch=$(mktemp -d)
socket=agent-sync-pictures-$$
trap 'tmux -L "$socket" kill-server 2>/dev/null || true; rm -rf "$scratch"' EXIT
# The pictures are those of a person's terminal, whoever runs this.
unset CLAUDECODE AI_AGENT CLAUDE_CODE_SESSION_ID CLAUDE_PID NO_COLOR AGENT_SYNC_ID AGENT_SYNC_ROOT
export HOME=$scratch/home TERM=xterm-256color LANG=C.UTF-8
mkdir "$HOME"
# The agents live as long as whoever asks for them: this script.
"$program" demo --project "$scratch/demo" >/dev/null
project=$scratch/demo/library

# A picture of a page: picture NAME WIDTH HEIGHT URL [OPTION…]
picture() {
    local name=$1 width=$2 height=$3 url=$4
    shift 4
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$scratch/chromium" --window-size="$width,$height" \
        --screenshot="$scratch/$name.png" "$@" "$url" >/dev/null 2>&1
    pngquant --force --speed 1 --output "$out/$name.png" 16 "$scratch/$name.png"
    echo "$name.png: $(stat -c %s "$out/$name.png") bytes"
}

# Pictures of what a terminal of so many columns shows, on both papers: terminal NAME COLUMNS FILE
terminal() {
    local name=$1 columns=$2 file=$3 lines
    lines=$(wc -l <"$file")
    # Wide ones are shown smaller anyway.
    local scale=1.5
    [ "$columns" -le 100 ] || scale=1.1
    for theme in dark light; do
        python3 "$out/page.py" "$theme" <"$file" >"$scratch/$name-$theme.html"
        # A character is 8.43 pixels wide and 16.3 high.
        picture "$name-$theme" $((columns * 843 / 100 + 34)) $((lines * 163 / 10 + 30)) "file://$scratch/$name-$theme.html" \
            --force-device-scale-factor="$scale"
    done
}

# What a command prints on a terminal of so many columns: printed COLUMNS WORD… >ANSI
printed() {
    local columns=$1
    shift
    (cd "$project" && script --quiet --return --command "stty -onlcr cols $columns; exec '$program' --color always $*" /dev/null </dev/null) |
        tr -d '\r'
}

# Whether the program has a command: has WORD
has() { "$program" --help | grep -q "^  $1 "; }

for columns in 80 200; do
    printed "$columns" status >"$scratch/status"
    terminal "status-$columns" "$columns" "$scratch/status"
done

if has console; then
    for size in 80x24 200x50; do
        columns=${size%x*} rows=${size#*x}
        tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" -c "$project" "exec '$program' console"
        sleep 2
        tmux -L "$socket" capture-pane -e -p >"$scratch/console"
        tmux -L "$socket" kill-server
        terminal "console-$columns" "$columns" "$scratch/console"
    done
else
    echo "no console yet: its pictures are left out"
fi

if has report; then
    (cd "$project" && "$program" report --since 4h -o "$scratch/report.html" >/dev/null)
    picture report-light 1200 2300 "file://$scratch/report.html" --blink-settings=preferredColorScheme=1
    picture report-dark 1200 2300 "file://$scratch/report.html" --blink-settings=preferredColorScheme=0
else
    echo "no report yet: its pictures are left out"
fi

# The plugin's icon is a picture, too.
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$scratch/chromium" \
    --default-background-color=00000000 --window-size=512,512 --screenshot="$scratch/icon.png" \
    "file://$out/icon.svg" >/dev/null 2>&1
pngquant --force --speed 1 --output .claude-plugin/icon.png 16 "$scratch/icon.png"
