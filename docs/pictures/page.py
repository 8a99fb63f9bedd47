"""Turns what a terminal shows into a page of HTML: page.py dark|light <ANSI >HTML

Colours are the sixteen of a terminal, as they can be read on the paper, and those of the 256 and RGB forms; bold, dim,
italic, underlined and reversed text looks like that.
"""

import html
import re
import sys

THEMES = {
    "dark": {
        "ink": "#d5dbe3", "paper": "#15191f", "dim": "#8b949e",
        "colours": ["#484f58", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#b1bac4"],
    },
    "light": {
        "ink": "#24292f", "paper": "#ffffff", "dim": "#57606a",
        "colours": ["#24292f", "#cf222e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#6e7781"],
    },
}
PLAIN = {"fore": None, "back": None, "flags": frozenset()}
FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
UNSET = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"reverse"}}


def colour(theme, number):
    """The colour with this number of 256."""
    if number < 16:
        return theme["colours"][number % 8] if number != 8 else theme["dim"]
    if number < 232:
        levels = [0, 95, 135, 175, 215, 255]
        number -= 16
        return "#%02x%02x%02x" % (levels[number // 36], levels[number // 6 % 6], levels[number % 6])
    return "#%02x%02x%02x" % ((8 + (number - 232) * 10,) * 3)


def changed(style, codes, theme):
    """The style after these codes."""
    style = dict(style)
    codes = iter([int(code or 0) for code in codes.split(";")])
    for code in codes:
        if code == 0:
            style = dict(PLAIN)
        elif code in FLAGS:
            style["flags"] = style["flags"] | {FLAGS[code]}
        elif code in UNSET:
            style["flags"] = style["flags"] - UNSET[code]
        elif code in (38, 48):
            where = "fore" if code == 38 else "back"
            if next(codes) == 5:
                style[where] = colour(theme, next(codes))
            else:
                style[where] = "#%02x%02x%02x" % (next(codes), next(codes), next(codes))
        elif code in (39, 49):
            style["fore" if code == 39 else "back"] = None
        else:
            for base, where, offset in ((30, "fore", 0), (40, "back", 0), (90, "fore", 8), (100, "back", 8)):
                if base <= code < base + 8:
                    style[where] = colour(theme, code - base + offset)
    return style


def rules(style, theme):
    """The style as CSS."""
    fore, back, flags = style["fore"], style["back"], style["flags"]
    if "dim" in flags and fore is None:
        fore = theme["dim"]
    if "reverse" in flags:
        fore, back = back or theme["paper"], fore or theme["ink"]
    found = []
    if fore:
        found.append(f"color:{fore}")
    if back:
        found.append(f"background:{back}")
    if "bold" in flags:
        found.append("font-weight:bold")
    if "italic" in flags:
        found.append("font-style:italic")
    if "underline" in flags:
        found.append("text-decoration:underline")
    return ";".join(found)


def main():
    theme = THEMES[sys.argv[1]]
    text = sys.stdin.read().replace("\x0f", "")
    # Nothing but colours and text is understood; whatever else a terminal is told has no looks.
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b\][^\x07]*\x07|\x1b[()][0-9A-B]", "", text)
    style, body = dict(PLAIN), []
    for at, part in enumerate(re.split(r"\x1b\[([0-9;]*)m", text)):
        if at % 2:
            style = changed(style, part, theme)
        elif part:
            css = rules(style, theme)
            shown = html.escape(part)
            body.append(f'<span style="{css}">{shown}</span>' if css else shown)
    print(
        f'<!doctype html><meta charset="utf-8"><style>body {{ margin: 0; padding: 14px 16px; color: {theme["ink"]}; '
        f'background: {theme["paper"]} }} pre {{ margin: 0; font: 14px/16.3px "DejaVu Sans Mono", monospace }}</style>'
        f'<pre>{"".join(body)}</pre>'
    )


main()
