#!/usr/bin/env python3
"""benchbig.py runs the two programs of bench/ that are no rows of make bench.

    tools/benchbig.py --archs "ARCH ..." [--make make] [--build build]
                      [--newlib DIR] smp|million

smp: bench/spawntree.c, two harts, each a thread of the host's (-accel
tcg,thread=multi, no -icount), time by the clock. One hart and two take turns in the
same run, and of the ratios one : two the median counts. There are several runs, and
of each is told how much of the host's cores others took meanwhile: the quietest is
the result, and worth something if that is next to nothing. Otherwise the ratio says
how the host shares itself out, so a miss is told and is no error: nothing that
depends on the host's other work may fail a build.

million: bench/million.c, one hart, -icount with a nanosecond an instruction, 4 GiB:
a million goroutines blocked on channels, and a token once round them. A hop must
not take more than twice what it takes in a ring of 10,000: that is counted, repeats,
and is an error. What the build for it changes is MILLION below. Stacks have 1 KiB: with
2 KiB the pools would not end below 2 GiB, where everything that has a name must lie on
x86_64, and guards are pages, larger than such a stack.

Both write BUILD/bench/WHAT-BOARD.json, in the form of the boards' own. armv7m has one
hart and no gigabytes.
"""

import argparse
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import time

import counts as bench
import run as runner

ARCHS = ("riscv64", "x86_64")
RAM = 4 << 30
STACK = 1024
COUNT = 1000100  # goroutines, and channels: the ring's, and some more
MILLION = {
    "NG": COUNT, "NCHAN": COUNT, "STACK_GUARD_BYTES": 0,
    "STACK0_BYTES": STACK, "STACK0_COUNT": COUNT, "STACK_STD": STACK,
    "STACK1_BYTES": 8192, "STACK1_COUNT": 64,
    "STACK2_BYTES": 32768, "STACK2_COUNT": 16,
    "STACK3_BYTES": 131072, "STACK3_COUNT": 4}
TARGETS = {500: 1.9, 0: 1.6}
GO_SMP = {500: 1.97, 0: 1.56}
SMP_RUNS = 3
QUIET = 0.1  # cores that others may take
TIMEOUT = 280


class Image:
    """A program, built for one architecture."""

    def __init__(self, o, arch, app, folder, harts, *words):
        self.folder, self.harts, self.app = folder, harts, app
        self.command = shlex.split(o.make) + [
            "--no-print-directory", "-s", "BUILD=" + folder, "ARCH=" + arch,
            "HARTS=%d" % harts, "APP=" + app, *words]
        if o.newlib:
            self.command.append("NEWLIB_CACHE=" + o.newlib)
        for goal in (["newlib"], ["-j2", "image"]):
            self.make(*goal)
        self.path = self.make("print-machine").split()[-1]
        self.machine = runner.Machine(self.path)

    def make(self, *goals):
        made = subprocess.run(self.command + list(goals),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        output = made.stdout.decode(errors="replace")
        if made.returncode:
            raise bench.Failure("does not build:\n" + output[-4000:])
        return output

    def run(self, words, icount=None):
        machine = self.machine.with_words(words)
        image = os.path.join(os.path.dirname(self.path), "app", self.app,
                             "image.elf")
        output, status, why, command = runner.run(
            machine, image, self.harts, "", icount, TIMEOUT)
        if status:
            raise bench.Failure("status %d%s\n# %s\n%s" % (
                status, " (%s)" % why if why else "", shlex.join(command),
                output[-2000:]))
        return output

    def write(self, o, what, rows):
        folder = os.path.join(o.build, "bench")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "%s-%s.json" % (what, self.machine.board))
        with open(path, "w") as f:
            json.dump({"arch": self.machine.arch, "board": self.machine.board,
                       "rows": rows}, f, indent=1)
            f.write("\n")


def row(name, title, unit, value, target=None, peers=None):
    return {"id": name, "title": title, "go": None, "unit": unit,
            "value": value, "target": target, "peers": peers or {}}


# ---- Two harts ------------------------------------------------------------------

def busy():
    """Seconds of processor time that the host has spent, and our children's."""
    with open("/proc/stat", encoding="ascii") as f:
        spent = [int(n) for n in f.readline().split()[1:9]]
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ((sum(spent) - spent[3] - spent[4]) / os.sysconf("SC_CLK_TCK"),
            own.ru_utime + own.ru_stime)


def smp_run(image):
    """(cores that others took meanwhile, {work: [(one, two)]})"""
    start, before = time.monotonic(), busy()
    output = image.run("-accel tcg,thread=multi")
    after, took = busy(), time.monotonic() - start
    pairs = {}
    for m in re.finditer(r"^smp (\d+) (\d+) (\d+)$", output, re.M):
        pairs.setdefault(int(m[1]), []).append((int(m[2]), int(m[3])))
    if sorted(pairs) != sorted(TARGETS):
        raise bench.Failure("no pairs of each kind:\n" + output[-2000:])
    others = after[0] - before[0] - (after[1] - before[1])
    return max(0, others / took), pairs


def smp(o, arch):
    image = Image(o, arch, "bench/spawntree.c", o.build, 2)
    runs = [smp_run(image) for _ in range(SMP_RUNS)]
    rows = []
    print("%s, %s: a spawn tree, one hart : two" % (arch, image.machine.board))
    for others, pairs in runs:
        print("  others took %.2f of the host's %d cores" % (
            others, os.cpu_count()))
        for work, times in pairs.items():
            ratios = sorted(one / two for one, two in times)
            print("    %3d rounds of work: median %.2f, best %.2f, target %.1f; "
                  "ms on one %s, on two %s" % (
                      work, statistics.median(ratios), ratios[-1],
                      TARGETS[work],
                      " ".join("%.0f" % (t[0] / 1e6) for t in times),
                      " ".join("%.0f" % (t[1] / 1e6) for t in times)))
    others, pairs = min(runs, key=lambda r: r[0])
    for work, times in pairs.items():
        ratios = [one / two for one, two in times]
        rows.append(row("smp_%d" % work, "spawn tree on two harts, %d rounds of "
                        "work a node" % work, "times one hart",
                        round(statistics.median(ratios), 2), TARGETS[work],
                        {"Go 1.19": GO_SMP[work]}))
        rows[-1].update(best=round(max(ratios), 2), others=round(others, 2))
    print("  the quietest: %s%s" % (", ".join(
        "%.2f with %s rounds" % (r["value"], r["id"].split("_")[1])
        for r in rows), "" if others < QUIET else
        "; no run had two cores for itself, so this says nothing"))
    image.write(o, "smp", rows)
    return 0


# ---- A million --------------------------------------------------------------------

def million(o, arch):
    image = Image(o, arch, "bench/million.c", os.path.join(o.build, "million"),
                  1, "RAM_SIZE=%#x" % RAM, "CONFIG=" + " ".join(
                      "%s=%d" % i for i in MILLION.items()))
    found = {int(m[1]): int(m[3]) / int(m[2]) for m in re.finditer(
        r"^million (\d+) (\d+) (\d+)$", image.run("-m %dM" % (RAM >> 20), 0),
        re.M)}
    if len(found) != 2:
        raise bench.Failure("two rings are wanted")
    small, large = (found[n] for n in sorted(found))
    print("%s, %s: %s, %.2f times as much (at most 2)" % (
        arch, image.machine.board, ", ".join(
            "%.1f instructions a hop over %d goroutines" % (found[n], n)
            for n in sorted(found)), large / small))
    image.write(o, "million", [
        row("ring_%d" % n, "ring hop over %d goroutines" % n, "instructions",
            round(found[n], 2)) for n in sorted(found)])
    return large > 2 * small


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--archs", default="")
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--newlib", default="")
    p.add_argument("what", choices=("smp", "million"))
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    bad = 0
    for arch in o.archs.split():
        if arch not in ARCHS:
            print("%s: not for it" % arch)
            continue
        try:
            bad += {"smp": smp, "million": million}[o.what](o, arch)
        except bench.Failure as e:
            print("%s: %s" % (arch, e), file=sys.stderr)
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
