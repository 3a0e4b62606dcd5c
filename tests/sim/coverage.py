#!/usr/bin/env python3
"""coverage.py: which statements and branches of kernel/ and pkg/ the tests on the
host reach.

    tests/sim/coverage.py --sim build/sim --log FILE UNIT...

It runs the target tests and tests/exit on the simulated machine and the unit
tests, all compiled with gcc's --coverage (the unit tests with -O1), and adds up what
gcov says. A line counts as reached if any build has reached it. The branches of a
line are added up over builds that have as many of them there. The table has a line
a file; the log has functions that never ran, lines and branches, by file.

Lines that cannot be reached here are in the table all the same: faults of the
hardware, console input, what a one-hart image does.
"""

import argparse
import collections
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
import test as suite  # noqa: E402

# Harts, seed, more words; both of the ordinary and of the torture build.
RUNS = [(1, 1, []), (4, 3, []), (4, 4, ["-w"])]


def run(command, timeout=300):
    p = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=timeout,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout.decode(errors="replace")


def run_all(sim, units):
    """Runs everything; returns the names of what failed."""
    failed = []
    for variant, runs in (("cov", RUNS), ("covt", RUNS[1:2])):
        for harts, seed, words in runs:
            words = words + ["-v"]
            words += ["clock=virtual"] * ("-w" not in words)
            status, _ = run([os.path.join(sim, variant, "sim"),
                             "-n%d" % harts, "-s%d" % seed] + words +
                            ["seed=%d" % seed])
            if status:
                failed.append("%s %d harts seed %d" % (variant, harts, seed))
    exits = os.path.join(sim, "cov/exits")
    for name in run([exits, "list"])[1].split():
        keys = suite.header("tests/exit/%s.c" % name)
        for harts in suite.exit_harts(keys):
            status, _ = run([exits, "-n%d" % harts, name] +
                            " ".join(keys.get("args", [])).split())
            if status != int(keys.get("expect-status", ["0"])[0]):
                failed.append("exit/" + name)
    for unit in units:
        if run([os.path.join(sim, "unitcov", unit)])[0]:
            failed.append("unit/" + unit)
    return failed


class File:
    def __init__(self):
        self.lines = collections.Counter()
        self.branches = {}   # line: [count]
        self.functions = collections.Counter()


def gcov(folder, here, files):
    """Adds what the .gcda files below the folder say."""
    data = glob.glob(os.path.join(folder, "**/*.gcda"), recursive=True)
    p = subprocess.run(["gcov", "--json-format", "--stdout",
                        "--branch-probabilities"] +
                       [os.path.abspath(d) for d in data],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                       check=True)
    for line in p.stdout.decode().split("\n"):
        if not line.startswith("{"):
            continue
        for source in json.loads(line)["files"]:
            name = os.path.relpath(os.path.join(here, source["file"]), here)
            if not name.startswith(("kernel/", "pkg/")):
                continue
            f = files[name]
            for fn in source["functions"]:
                f.functions[fn["name"]] += fn["execution_count"]
            for row in source["lines"]:
                number = row["line_number"]
                f.lines[number] += row["count"]
                counts = [b["count"] for b in row["branches"]]
                have = f.branches.get(number)
                if have is None or len(have) < len(counts):
                    f.branches[number] = counts
                elif len(have) == len(counts):
                    f.branches[number] = [a + b for a, b in
                                          zip(have, counts)]


def ranges(numbers):
    out, numbers = [], sorted(numbers)
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in out)


def percent(part, whole):
    return "%5.1f" % (100 * part / whole) if whole else "    -"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--sim", required=True)
    p.add_argument("--log", required=True)
    p.add_argument("units", nargs="*")
    o = p.parse_args()
    here = os.getcwd()
    for old in glob.glob(os.path.join(o.sim, "*cov*/**/*.gcda"),
                         recursive=True):
        os.unlink(old)
    failed = run_all(o.sim, o.units)
    files = collections.defaultdict(File)
    for folder in ("cov", "covt", "unitcov"):
        gcov(os.path.join(o.sim, folder), here, files)
    total = collections.Counter()
    print("%-24s %12s %7s %14s %7s %9s" % (
        "file", "statements", "%", "branches", "%", "functions"))
    log = []
    for name in sorted(files):
        f = files[name]
        lines, hit = len(f.lines), sum(n > 0 for n in f.lines.values())
        counts = [c for b in f.branches.values() for c in b]
        taken = sum(c > 0 for c in counts)
        ran = sum(n > 0 for n in f.functions.values())
        if not lines:
            continue
        print("%-24s %5d/%6d %7s %6d/%7d %7s %4d/%4d" % (
            name, hit, lines, percent(hit, lines), taken, len(counts),
            percent(taken, len(counts)), ran, len(f.functions)))
        total.update(hit=hit, lines=lines, taken=taken, branches=len(counts),
                     ran=ran, functions=len(f.functions))
        log.append("%s" % name)
        never = [n for n, c in f.functions.items() if c == 0]
        if never:
            log.append("  functions that never ran: " +
                       " ".join(sorted(never)))
        log.append("  lines: " + ranges(
            n for n, c in f.lines.items() if c == 0))
        log.append("  lines with a branch never taken: " + ranges(
            n for n, b in f.branches.items()
            if f.lines[n] > 0 and 0 in b))
    print("%-24s %5d/%6d %7s %6d/%7d %7s %4d/%4d" % (
        "all", total["hit"], total["lines"],
        percent(total["hit"], total["lines"]), total["taken"],
        total["branches"], percent(total["taken"], total["branches"]),
        total["ran"], total["functions"]))
    print("\nfunctions that never ran:")
    for name in sorted(files):
        never = [n for n, c in files[name].functions.items() if c == 0]
        if never:
            print("  %s: %s" % (name, " ".join(sorted(never))))
    with open(o.log, "w") as out:
        out.write("\n".join(log) + "\n")
    print("\nlines and branches never reached: %s" % o.log)
    for name in failed:
        print("failed: %s" % name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
