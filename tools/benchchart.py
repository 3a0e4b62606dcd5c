#!/usr/bin/env python3
"""benchchart.py draws what was measured: make bench-charts.

    tools/benchchart.py [--build build] [--page docs/performance.md] [--out docs]

It reads what `make bench` and `make bench-go` wrote (BUILD/bench/*.json; what make
bench-million and make bench-smp wrote too, if it is there) and writes
  docs/performance-ARCH.svg   a bar for gzero and for each peer, row by row
  docs/performance.md         its tables: what stands between the lines
                              <!-- NAME: make bench-charts --> and <!-- NAME end -->
Two of them tell what docs/listings say (make bench-listings): purposes of a yield, and
the largest ones of each row that misses its target.
The same files give the same output, byte by byte. Nothing but Python is needed.

A chart has rows that somebody else has a figure for or that have a target. Its scale
is logarithmic, from 3 on, since a row has 12 instructions and another 2500: compare
the numbers at the bars, not their lengths. A bar of less than 3 is a stub. The
target is a line across gzero's bar. Colours follow the reader's light or dark screen;
the background is the picture's own, so that it is readable where the page does not.
"""

import argparse
import json
import math
import os
import re
import sys
from xml.sax.saxutils import escape

import counts as bench
import listings

BOARDS = (("armv7m", "mps2-an385", "ARM Cortex-M3"),
          ("riscv64", "virt", "64-bit RISC-V"),
          ("x86_64", "q35", "x86-64"))
GO_HERE = "Go 1.19"
NOTES = {"x86_64": "Go: make bench-go."}

# (light, dark); whoever has none gets the last.
COLOURS = {"gzero": ("#1f6feb", "#4c9aff"), "FreeRTOS": ("#9a6b00", "#d6a13a"),
           "ThreadX": ("#8a4fbf", "#b98ae6"), "best of both": ("#9a6b00",
                                                               "#d6a13a"),
           GO_HERE: ("#1a7f6b", "#45b8a0"), "libdill": ("#8c8c8c", "#9a9a9a"),
           "": ("#8c8c8c", "#9a9a9a")}
WIDTH, LEFT, RIGHT, TOP = 760, 108, 70, 62
TITLE, BAR, GAP, BETWEEN = 17, 12, 3, 12  # heights
LOW = 3.0
MOST = 6  # purposes of a row that are told


def load(o, name, maker):
    path = os.path.join(o.build, "bench", name + ".json")
    try:
        return bench.load(path)
    except FileNotFoundError:
        raise bench.Failure("no %s: %s writes it" % (path, maker)) from None


def rows_of(o, arch, board):
    """The rows of an architecture, Go's figures those of make bench-go."""
    data = load(o, board, "make bench ARCH=" + arch)
    rows = [r for r in data["rows"] if not r.get("part_of")]
    if arch != "x86_64":
        return rows
    go = {r["id"]: r["value"] for r in load(o, "go", "make bench-go")["rows"]}
    for r in rows:
        if r["id"] in go:
            r["before"] = r["peers"].get(GO_HERE)
            r["peers"] = {GO_HERE: go[r["id"]], **{
                k: v for k, v in r["peers"].items() if k != GO_HERE}}
    return rows


# ---- Charts -----------------------------------------------------------------------

def text(x, y, words, kind, anchor="start"):
    return '<text x="%g" y="%g" class="%s" text-anchor="%s">%s</text>' % (
        x, y, kind, anchor, escape(words))


def slug(name):
    return "c" + re.sub(r"\W", "", name) if name in COLOURS else "c"


def style():
    def rules(k):
        ink, faint, paper = (("#1f2328", "#c9ced6", "#ffffff"),
                             ("#e6edf3", "#3d444d", "#0d1117"))[k]
        return "".join(
            [".paper{fill:%s;stroke:%s}" % (paper, faint),
             "text{fill:%s}" % ink, ".grid{stroke:%s}" % faint,
             ".target{stroke:%s}" % ink] +
            [".%s{fill:%s}" % (slug(n), c[k]) for n, c in COLOURS.items()])
    return ("<style>text{font-family:system-ui,-apple-system,'Segoe UI',"
            "'DejaVu Sans',sans-serif;font-size:11px}"
            ".head{font-size:16px;font-weight:600}.row{font-size:12px;"
            "font-weight:600}.grid{stroke-width:1}.target{stroke-width:2}" +
            rules(0) + "@media(prefers-color-scheme:dark){" + rules(1) +
            "}</style>")


def chart(title, notes, rows):
    """The text of an SVG."""
    rows = [r for r in rows if r["unit"] == "instructions" and
            (r["peers"] or r["target"] is not None)]
    top = max(max([r["value"], *r["peers"].values()]) for r in rows)
    high = next(t for e in range(2, 9) for t in (10 ** e, 3 * 10 ** e)
                if t >= top)
    span = WIDTH - LEFT - RIGHT

    def x(value):
        if value < LOW:
            return LEFT + 2.0
        return round(LEFT + span * math.log(value / LOW) /
                     math.log(high / LOW), 1)

    body, y = [], TOP + 14
    for r in rows:
        body.append(text(LEFT, y + 11, r["title"], "row"))
        y += TITLE
        for name, value in [("gzero", r["value"]), *r["peers"].items()]:
            body.append(text(LEFT - 8, y + 10, name, "name", "end"))
            body.append('<rect x="%d" y="%d" width="%g" height="%d" '
                        'class="%s"/>' % (LEFT, y, round(x(value) - LEFT, 1),
                                          BAR, slug(name)))
            after = x(value) + 5
            if name == "gzero" and r["target"] is not None:
                at = x(r["target"])
                body.append('<line x1="%g" x2="%g" y1="%d" y2="%d" '
                            'class="target"/>' % (at, at, y - 2, y + BAR + 2))
                if after - 5 <= at < after + 24:
                    after = at + 5
                number = "%s (target %s)" % (bench.figure(value),
                                             bench.figure(r["target"]))
            else:
                number = bench.figure(value)
            if after + 6.2 * len(number) > WIDTH - 8:
                body.append(text(x(value) - 5, y + 10, number, "in", "end"))
            else:
                body.append(text(after, y + 10, number, "value"))
            y += BAR + GAP
        y += BETWEEN - GAP
    height = y + 8
    ticks = [t for e in range(9) for t in (10 ** e, 3 * 10 ** e)
             if LOW <= t <= high]
    grid = []
    for t in ticks:
        grid.append('<line x1="%g" x2="%g" y1="%d" y2="%d" class="grid"/>' % (
            x(t), x(t), TOP, y))
        grid.append(text(x(t), TOP - 4, "%d" % t, "tick", "middle"))
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
        'viewBox="0 0 %d %d" role="img">' % (WIDTH, height, WIDTH, height),
        "<title>%s</title>" % escape(title), style(),
        '<rect x="0.5" y="0.5" width="%d" height="%d" rx="6" class="paper"/>'
        % (WIDTH - 1, height - 1),
        text(16, 24, title, "head"), text(16, 41, notes, "note"),
        *grid, *body, "</svg>"]) + "\n"


# ---- Tables -----------------------------------------------------------------------

def cell(value, other):
    return "%s (%.2f)" % (bench.figure(other), value / other)


def missed(row, arch):
    """A target that is missed, with what shows why."""
    where = "listings/%s.md#%s" % (arch, row["id"])
    if row["unit"] != "instructions":
        where = "size.md"
    return "[%s missed](%s)" % (bench.figure(row["target"]), where)


def table(rows, arch):
    names = []
    for r in rows:
        names += [n for n in r["peers"] if n not in names]
    lines = ["| instructions per operation | Go's benchmark | gzero | target |" +
             "".join(" %s |" % n for n in names),
             "|---|---|---:|---:|" + "---:|" * len(names)]
    for r in rows:
        unit = "" if r["unit"] == "instructions" else ", " + r["unit"]
        target = "" if r["target"] is None else bench.figure(r["target"])
        if target and r["value"] > r["target"]:
            target = missed(r, arch)
        lines.append("| %s | %s | %s | %s |" % (
            r["title"] + unit, r["go"] and "`%s`" % r["go"] or "",
            bench.figure(r["value"]), target) + "".join(
                " %s |" % (cell(r["value"], r["peers"][n])
                           if n in r["peers"] else "") for n in names))
    return "\n".join(lines)


def go_table(o):
    data = load(o, "go", "make bench-go")
    lines = ["| instructions per operation | Go, here | spread | Go, before | "
             "gzero | Go : gzero |", "|---|---:|---:|---:|---:|---:|"]
    for r in data["rows"]:
        before = r["peers"].get(GO_HERE)
        unit = "" if r["unit"] == "instructions" else ", " + r["unit"]
        lines.append("| %s | %s | %.2f %% | %s | %s | %.2f |" % (
            r["title"] + unit, bench.figure(r["value"]), 100 * r["spread"],
            "" if before is None else bench.figure(before),
            bench.figure(r["peers"]["gzero"]),
            r["value"] / r["peers"]["gzero"]))
    return "\n".join(lines)


def big_table(o):
    """What make bench-million found; None where it was not run for both."""
    found = []
    for arch, board, _ in BOARDS[1:]:
        path = os.path.join(o.build, "bench", "million-%s.json" % board)
        if not os.path.exists(path):
            return None
        found.append((arch, bench.load(path)["rows"]))
    lines = ["| instructions per hop | " + " | ".join(
        "%d goroutines" % int(r["id"].split("_")[1])
        for r in found[0][1]) + " | ratio |", "|---|---:|---:|---:|"]
    for arch, rows in found:
        lines.append("| %s | %s | %.2f |" % (arch, " | ".join(
            "%.1f" % r["value"] for r in rows),
            rows[-1]["value"] / rows[0]["value"]))
    return "\n".join(lines)


def listed(o):
    """{arch: what its page of listings says}."""
    return {arch: listings.read(os.path.join(o.listings, arch + ".md"))
            for arch, _, _ in BOARDS}


def alone(purposes):
    """Without what is not the operation's; the call is."""
    call = purposes.pop(listings.PROGRAM, 0) + purposes.pop(listings.TAKEN, 0)
    return {**purposes, "the call": call} if call > 0 else purposes


def yield_table(pages):
    """The purposes of a yield, machine by machine."""
    row = listings.ALWAYS
    found = {a: alone(dict(pages[a][row][2])) for a in pages if row in pages[a]}
    names = sorted({n for p in found.values() for n in p},
                   key=lambda n: (-max(p.get(n, 0) for p in found.values()), n))
    lines = ["| for | " + " | ".join("[%s](listings/%s.md#%s)" % (a, a, row)
                                     for a in found) + " |",
             "|---|" + "---:|" * len(found)]
    for name in names:
        lines.append("| %s | %s |" % (name, " | ".join(
            bench.figure(p[name]) if p.get(name) else ""
            for p in found.values())))
    lines.append("| **sum** | %s |" % " | ".join(
        "**%s**" % pages[a][row][0] for a in found))
    return "\n".join(lines)


def missed_table(pages):
    """The rows that miss their target, and what most of each is for."""
    lines = ["| row | machine | reached / target | most of it |",
             "|---|---|---:|---|"]
    rows = []
    for page in pages.values():
        rows += [r for r in page if r not in rows]
    for row in rows:
        for arch, page in pages.items():
            if row not in page or float(page[row][0]) <= float(page[row][1]):
                continue
            value, target, purposes = page[row]
            most = sorted(alone(dict(purposes)).items(),
                          key=lambda x: (-x[1], x[0]))[:MOST]
            lines.append("| %s | [%s](listings/%s.md#%s) | %s / %s | %s |" % (
                row, arch, arch, row, value, target, "; ".join(
                    "%s %s" % (name, bench.figure(n)) for name, n in most)))
    return "\n".join(lines)


def fill(page, name, words):
    """The page with other text between the two lines of that name."""
    begin = "<!-- %s: make bench-charts -->\n" % name
    end = "<!-- %s end -->" % name
    if page.count(begin) != 1 or page.count(end) != 1:
        raise bench.Failure("the page wants one pair of lines %s" % name)
    head, rest = page.split(begin)
    if end not in rest:
        raise bench.Failure("the lines %s are the wrong way round" % name)
    return head + begin + words + "\n" + end + rest.split(end)[1]


def write(path, words):
    old = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            old = f.read()
    if words != old:
        with open(path, "w", encoding="utf-8") as f:
            f.write(words)
    print("%s: %s" % (path, "as it was" if words == old else "written"))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build")
    p.add_argument("--page", default="docs/performance.md")
    p.add_argument("--out", default="docs")
    p.add_argument("--listings", default="docs/listings")
    o = p.parse_args()
    try:
        with open(o.page, encoding="utf-8") as f:
            page = f.read()
        charts = {}
        for arch, board, name in BOARDS:
            rows = rows_of(o, arch, board)
            page = fill(page, arch, table(rows, arch))
            notes = "QEMU %s, one hart; shorter is better, logarithmic scale. " \
                "The line across a bar is the target. " % board
            charts[arch] = chart(
                "gzero on %s: executed instructions per operation" % name,
                notes + NOTES.get(arch, ""), rows)
        page = fill(page, "go", go_table(o))
        pages = listed(o)
        page = fill(page, "yield", yield_table(pages))
        page = fill(page, "missed", missed_table(pages))
        big = big_table(o)
        if big:
            page = fill(page, "million", big)
    except bench.Failure as e:
        print("bench-charts: %s" % e, file=sys.stderr)
        return 1
    for arch, words in charts.items():
        write(os.path.join(o.out, "performance-%s.svg" % arch), words)
    write(o.page, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
