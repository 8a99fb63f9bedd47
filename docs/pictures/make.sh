#!/usr/bin/env bash
# Makes the pictures of the README and the pages from the data of `agent-sync demo --project`:
#   docs/pictures/make.sh [PROGRAM]     (default: the program that `cargo build` makes)
# Needs script (bsdutils), tmux, aha, chromium, pngquant. What the program cannot do is left out, and said.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/docs/pictures
program=${1:-$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/$(rustc -vV | sed -n 's/^host: //p')/debug/agent-sync}
program=$(realpath "$program")
for tool in script tmux aha chromium pngquant; do
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

# A page of HTML from what a terminal shows: page THEME <ANSI >HTML
page() {
    local theme=$1 ink paper
    case $theme in
    dark) ink='#d5dbe3' paper='#15191f' ;;
    light) ink='#24292f' paper='#ffffff' ;;
    esac
    cat <<HTML
<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 14px 16px; background: $paper; color: $ink; }
pre { margin: 0; font: 14px/19px "DejaVu Sans Mono", monospace; }
</style><pre>
HTML
    # The basic colours as they can be read on this paper: grey (for what is dim, which aha does not know), red, green,
    # yellow, blue, magenta, cyan.
    case $theme in
    dark) set -- '#8b949e' '#ff7b72' '#7ee787' '#e3b341' '#79c0ff' '#d2a8ff' '#56d4dd' ;;
    light) set -- '#57606a' '#cf222e' '#116329' '#7d4e00' '#0550ae' '#8250df' '#1b7c83' ;;
    esac
    sed 's/\x1b\[2m/\x1b[38;5;244m/g' | aha --no-header |
        sed "s/filter:[^;]*;//g; s/color:dimgray/color:$1/g; s/color:#808080/color:$1/g; s/color:red/color:$2/g; s/color:green/color:$3/g; s/color:olive/color:$4/g
            s/color:blue/color:$5/g; s/color:purple/color:$6/g; s/color:teal/color:$7/g"
    echo '</pre>'
}

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
        page "$theme" <"$file" >"$scratch/$name-$theme.html"
        # A character is 8.43 pixels wide.
        picture "$name-$theme" $((columns * 843 / 100 + 34)) $((lines * 19 + 30)) "file://$scratch/$name-$theme.html" \
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
    picture report-light 1200 1400 "file://$scratch/report.html" --blink-settings=preferredColorScheme=1
    picture report-dark 1200 1400 "file://$scratch/report.html" --blink-settings=preferredColorScheme=0
else
    echo "no report yet: its pictures are left out"
fi
