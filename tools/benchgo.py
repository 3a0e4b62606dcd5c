#!/usr/bin/env python3
"""benchgo.py counts the same operations in Go, beside ours: make bench-go.

    tools/benchgo.py [--make make] [--build build] [--newlib DIR] [--runs N]

bench/go is built by Debian's go (nothing is downloaded: GOPROXY=off, a go.mod
without requirements) and run by qemu-x86_64 with the plugin that counts our own
programs (bench/plugin/count.c). Ours are those of BUILD/bench/q35.json, which `make
bench ARCH=x86_64` writes; it is made first if it is missing.

What makes a run of Go's repeatable, as far as it is:
  GOMAXPROCS=1                one thread runs goroutines
  GOGC=off                    no garbage collection between the marks
  GODEBUG=asyncpreemptoff=1   no signals: a goroutine is only asked, when it calls
  the operations run once before they are counted, so that pages, stacks and free
  lists are there
What stays: Go's sysmon thread looks by the host's clock whether a goroutine has run
for 10 ms, and then asks it to yield; and the order in which select looks at its
cases is random. So a row is the median of several runs, and the table says how far
they lie apart. All threads count, sysmon too.

BUILD/bench/go.json has the same form as those of the boards.
"""

import argparse
import json
import os
import re
import shlex
import statistics
import subprocess
import sys

import counts as bench
import benchbig
import mksymtab
import size

SETTINGS = {"GOMAXPROCS": "1", "GOGC": "off", "GODEBUG": "asyncpreemptoff=1"}
GO = {"GOFLAGS": "-mod=mod", "GO111MODULE": "on", "GOPROXY": "off",
      "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
BOARD = "q35"
TIMEOUT = 120
LOOSE = 0.1  # ten instructions, counted with what sysmon does meanwhile


def build(folder):
    """The path of the program."""
    path = os.path.abspath(os.path.join(folder, "go", "bench"))
    env = dict(os.environ, GOCACHE=os.path.abspath(os.path.join(
        folder, "go", "cache")), GOPATH=os.path.abspath(os.path.join(
            folder, "go", "path")), **GO)
    if subprocess.run(["go", "build", "-trimpath", "-o", path, "."],
                      cwd="bench/go", env=env).returncode:
        raise bench.Failure("bench/go does not build")
    return path


def marks(program):
    known = {name: value for name, value, _, _, _ in
             mksymtab.Elf(program).symbols()}
    return ["begin=0x%x" % known["main.markBegin"],
            "end=0x%x" % known["main.markEnd"]]


def run(folder, program):
    """{id: figure} of one run."""
    out = os.path.join(folder, "go.count")
    if os.path.exists(out):
        os.unlink(out)
    words = ["qemu-x86_64", "-plugin", ",".join(
        [os.path.join(folder, "count.so"), "out=" + out] + marks(program)),
        program]
    ran = subprocess.run(words, env=dict(os.environ, **SETTINGS),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         timeout=TIMEOUT)
    if ran.returncode:
        raise bench.Failure("ended with status %d: %s" % (
            ran.returncode, shlex.join(words)))
    output = ran.stdout.decode()
    with open(out) as f:
        found = bench.per_operation(bench.read_rows(output),
                                    bench.read_intervals(f.read()), LOOSE)
    found.update((m[1], float(m[2])) for m in re.finditer(
        r"^value (\w+) ([0-9.]+)$", output, re.M))
    found["memory_small"] = found["memory"]  # Go has no other
    return found


def join(runs, ours):
    """Rows of go.json: ours is {id: row} of the board's."""
    rows = []
    for name in runs[0]:
        values = [r[name] for r in runs]
        row = ours.get(name)
        if row is None or row.get("part_of"):
            continue
        middle = statistics.median(values)
        rows.append({
            "id": name, "title": row["title"], "go": row["go"],
            "unit": row["unit"], "value": middle,
            "spread": round((max(values) - min(values)) / middle, 5),
            "target": row["target"],
            "peers": {"gzero": row["value"], **{
                k: v for k, v in row["peers"].items() if k.startswith("Go")}}})
    return rows


def table(rows, version, runs):
    lines = ["x86_64, instructions (or bytes) per operation; Go: %s, median of %d runs" % (
        version, runs),
        "%-62s %9s %7s %9s %9s %8s" % (
            "", "Go here", "spread", "Go before", "gzero", "Go:gzero")]
    for row in rows:
        ours = row["peers"]["gzero"]
        before = next((v for k, v in row["peers"].items() if k != "gzero"),
                      None)
        lines.append("%-62s %9s %6.2f%% %9s %9s %8.2f" % (
            row["title"], bench.figure(row["value"]), 100 * row["spread"],
            "" if before is None else bench.figure(before),
            bench.figure(ours), row["value"] / ours))
    return "\n".join(lines)


def of_board(o):
    """{id: row} of our own board."""
    path = os.path.join(o.build, "bench", BOARD + ".json")
    if not os.path.exists(path):
        words = shlex.split(o.make) + ["--no-print-directory", "bench",
                                       "BOARD=" + BOARD, "BUILD=" + o.build]
        if o.newlib:
            words.append("NEWLIB_CACHE=" + o.newlib)
        subprocess.run(words, stdin=subprocess.DEVNULL)
    if not os.path.exists(path):
        raise bench.Failure("make bench BOARD=%s wrote no %s" % (BOARD, path))
    rows = {row["id"]: row for row in bench.load(path)["rows"]}
    rows.update(memory(o))
    return rows


def memory(o):
    """Rows of what a goroutine takes that waits at a channel of its own."""
    elf = mksymtab.Elf(os.path.join(o.build, BOARD, "app", "bench", "ops.c",
                                   "image.elf"))
    image = size.Memory(elf)
    pools = {p["setting"]: p for p in image.pools()}
    own = pools["NG"]["size"] + image.info.sizeof(image.info.struct("hchan"))
    stack = pools["STACK1_COUNT"]["size"]  # STACK_STD of this board, its guard
    return {name: {
        "id": name, "title": "RAM of a blocked goroutine, " + title,
        "go": None, "unit": "bytes", "value": own + stack, "target": None,
        "peers": {"Go 1.19": 2600}} for name, title, stack in (
            ("memory", "default stacks (%d and a guard)" % (
                stack - pools["STACK1_COUNT"]["guard"]), stack),
            ("memory_small", "stacks of %d (bench-million)" % benchbig.STACK,
             benchbig.STACK))}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--newlib", default="")
    p.add_argument("--runs", type=int, default=5)
    o = p.parse_args()
    folder = os.path.join(o.build, "bench")
    try:
        ours = of_board(o)
        bench.plugin(folder)
        program = build(o.build)
        runs = [run(folder, program) for _ in range(o.runs)]
        rows = join(runs, ours)
        version = subprocess.run(
            ["go", "version"], stdout=subprocess.PIPE,
            check=True).stdout.decode().split()[2]
    except (bench.Failure, subprocess.SubprocessError) as e:
        print("bench-go: %s" % e, file=sys.stderr)
        return 1
    with open(os.path.join(folder, "go.json"), "w") as f:
        json.dump({"arch": "x86_64", "board": "go", "version": version,
                   "rows": rows}, f, indent=1)
        f.write("\n")
    print(table(rows, version, o.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
