#!/usr/bin/env python3
"""counts.py counts what the scheduler's operations cost: make bench.

    tools/counts.py --archs "ARCH ..." [--board BOARD] [--make make]
                   [--build build] [--newlib DIR] [--baseline FILE]
                   [--record] [--prepare] [--tap] [--listing ROW]
                   [--measured FILE.json ...]

The programs (bench/*.c with a table of rows, see bench/bench.h) run in QEMU under
-icount on one hart, as any user builds them, with a plugin that counts executed
instructions between two marks (bench/plugin/count.c). A row is

  instructions   of its interval, without those of the loop around it, by the number
                 of operations
  latency        from an interrupt's first instruction to the one behind the call
                 that waited for it: the median of the shots
  masked         the longest stretch with interrupts masked (between the instruction
                 that masks and the one that unmasks), and the longest handler, in a run of bench/masked.c
  handled        instructions of an interval's interrupts, entry to return
  bytes          read from the image (tools/size.py) or found by trying: on small
                 machines the least stack that bench/smallstack.c runs with under
                 random preemptions, and the kernel's text and rodata in
                 bench/size.c built with -Os

Every row is measured twice and must come out the same to the instruction (but see
SLEEPS).
The table shows beside it the target and the peers of bench/peers.json, and us by
each of them: below 1.00 is less than the peer. BUILD/bench/BOARD.json has the same.

bench/baseline.json, all boards in one file, is what it must not be worse than: more
than 2 % above it in any row is an error, so is a row that is only in one of the
two. Left out are rows of rows.json with "compared": false, which one event more or
less changes by much. --record writes the measured rows of these boards there.

--listing ROW   no table: the instructions of one operation of the row, from the
                middle of the run, in the order in which they were executed
--measured      nothing is run: compares these files that earlier runs left
--tap           for tools/test.py: results as TAP
--prepare       only builds
"""

import argparse
import bisect
import collections
import json
import os
import re
import shlex
import statistics
import struct
import subprocess
import sys
import time

import linkmap
import mksymtab
import run as runner
import size
import sweep

PROGRAMS = ("ops", "interrupt", "masked", "tick", "threadmetric")
# A nanosecond is an instruction. Where everything is to happen at the same time it is
# 1/64th, so that slices end and the hart never sleeps, and then 1/8th, so that it
# does: the longest of both counts.
ICOUNT = {"masked": (6, 3), "tick": (6,)}
# Where a hart sleeps, QEMU's main loop may find it asleep before its last instructions
# are counted and put the clock forward by too much: about one run in ten goes another
# way from there on. Of stretches the longest of both runs counts then.
SLEEPS = {("masked", 3)}
MASKS = ("masked", "tick")  # programs whose mask is followed
ENTRIES = {"riscv64": ("trap_vector",),
           "armv7m": ("arch_lineentry", "arch_irqentry"),
           "x86_64": ("x86_timervec", "x86_ipivec", "x86_linevec")}
LINE_STUB = {"x86_linevec": 32, "trap_vector": 4}  # bytes of one of several entries
# What of an image is the kernel, by the rooms of tools/size.py: not the start of the
# machine, its console, its C library and the tables for tracebacks.
KERNEL = ("kernel", "arch", "pkg", "libgcc")
# Small machines only. A stack's guard is not a page there, so its size may be
# anything: these are tried, three in one image beside main's, each in a run of its
# own.
STACKS = {"armv7m": range(96, 1025, 32)}
STACK_CONFIG = "STACK_GUARD_BYTES=32 STACK0_BYTES=%d STACK0_COUNT=16 " \
    "STACK1_BYTES=%d STACK1_COUNT=16 STACK2_BYTES=%d STACK2_COUNT=16 " \
    "STACK_STD=%d NG=20 NCHAN=20"
STACK_WORDS = "stack=%d gz.seed=1 gz.chaos=128000,512000"  # 2000 to 8000 insns
STACK_ICOUNT = 6
WORSE = 0.02
TIMEOUT = 300
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
         "-fvisibility=hidden"]


class Failure(Exception):
    pass


# ---- What the plugin and the program say ---------------------------------------

class Interval:
    """What the plugin saw between two marks."""

    def __init__(self, count):
        self.count = count
        self.latencies = []
        self.handlers = self.handled = 0
        self.masked = self.handler = None  # (count, from, to, when)


def read_intervals(text):
    """[Interval] of the plugin's result."""
    found = []
    waiting = collections.defaultdict(list)
    for line in text.split("\n"):
        words = line.split()
        if not words:
            continue
        n = int(words[1])
        if words[0] == "interval":
            found.append(Interval(int(words[2])))
            found[-1].latencies = waiting.pop(n, [])
        elif words[0] == "latency":
            waiting[n].append(int(words[2]))
        elif words[0] == "handlers":
            found[n].handlers, found[n].handled = int(words[2]), int(words[3])
        elif words[0] in ("masked", "handler"):
            setattr(found[n], words[0], (
                int(words[2]), int(words[3], 16), int(words[4], 16),
                int(words[5])))
    return found


def read_rows(output):
    """[(id, ops, base, times)] that a program printed."""
    return [(m[1], int(m[2]), m[3], int(m[4])) for m in re.finditer(
        r"^bench (\w+) (\d+) (\S+) (\d+)$", output, re.M)]


def per_operation(rows, intervals, loose=0):
    """{id: figure} of a run; intervals come in the order of rows. Ten instructions
    must count as ten, or that far from it."""
    if len(rows) != len(intervals) or not rows:
        raise Failure("%d rows and %d intervals" % (len(rows), len(intervals)))
    counts = {row[0]: i.count for row, i in zip(rows, intervals)}
    found = {}
    for (name, ops, base, times), i in zip(rows, intervals):
        if base == "latency":
            if not i.latencies:
                raise Failure("%s: nobody was woken" % name)
            found[name] = statistics.median_low(i.latencies)
        elif base == "masked":
            for what in ("masked", "handler"):
                if getattr(i, what) is None:
                    raise Failure("no stretch of kind %s" % what)
                found[what] = getattr(i, what)[0]
        elif base == "handled":
            found[name] = i.handled / ops
        elif base == "-":
            continue
        elif base == "loop":
            loop = counts["loop"] - counts["mark"]
            found[name] = (i.count - counts["mark"] - times * loop) / ops
        else:
            found[name] = (i.count - counts[base]) / ops
    found.pop("loop", None)
    ten = found.pop("ten", None)
    if ten is None or abs(ten - 10) > loose:
        raise Failure("ten instructions are counted as %s" % ten)
    return {k: round(v, 2) for k, v in found.items()}


def complaint(made):
    """What a make said that failed."""
    text = made.stdout.decode(errors="replace")
    return re.sub(r"^  [A-Z]+ +\S+\n", "", text, flags=re.M).strip()[-4000:]


# ---- One board ---------------------------------------------------------------------

class Board:
    def __init__(self, options, words):
        self.o, self.words = options, words
        self.folder = os.path.join(options.build, "bench")
        known = self.make("print-machine")
        if known.returncode:
            raise Failure("the machine is not described: " + " ".join(words))
        self.path = known.stdout.decode().split()[-1]
        self.machine = runner.Machine(self.path)
        self.arch, self.board = self.machine.arch, self.machine.board
        self.symbols = {}   # program: {name: (address, size)}
        self.sorted = {}    # program: [(address, name)]
        self.notes = {}     # by row: a line about it

    def make(self, *words, build=None):
        command = shlex.split(self.o.make) + [
            "--no-print-directory", "-s", "HARTS=1",
            "BUILD=" + (build or self.o.build),
            "NEWLIB_CACHE=" + (self.o.newlib or os.environ.get(
                "NEWLIB_CACHE", self.o.build))]
        return subprocess.run(command + self.words + list(words),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def prepare(self):
        apps = " ".join("bench/%s.c" % p for p in PROGRAMS)
        for words in (["newlib"], ["-j2", "images", "APPS=" + apps]):
            made = self.make(*words)
            if made.returncode:
                raise Failure("does not build:\n" + complaint(made))

    def image(self, program, build=None):
        return os.path.join(build or self.o.build, os.path.basename(
            os.path.dirname(self.path)), "app", "bench", program + ".c",
            "image.elf")

    def build(self, kind, program, *words):
        """The image of a program in a build of its own."""
        build = os.path.join(self.folder, kind)
        made = self.make("-j2", "image", "APP=bench/%s.c" % program, *words,
                         build=build)
        if made.returncode:
            raise Failure("bench/%s.c does not build:\n%s" % (
                program, complaint(made)))
        return self.image(program, build)

    def places(self, program):
        """The plugin's options that are addresses of the image."""
        image = self.image(program)
        known = {name: (value & ~(self.arch == "armv7m"), size) for
                 name, value, size, _, _ in mksymtab.Elf(image).symbols()}
        self.symbols[program] = known
        words = ["begin=0x%x" % known["bench_mark_begin"][0],
                 "end=0x%x" % known["bench_mark_end"][0]]
        woken = sorted(v[0] for n, v in known.items()
                       if re.match(r"bench_woken\d+$", n))
        if woken:
            entries = []
            for name in ENTRIES[self.arch]:
                if name not in known:
                    raise Failure("no %s in the image: ENTRIES" % name)
                at, size = known[name]
                step = LINE_STUB.get(name, size or 1)
                entries += range(at, at + max(size, 1), step)
            words.append("entry=" + ":".join("0x%x" % e for e in entries))
            words.append("woken=" + ":".join("0x%x" % w for w in woken))
        if program in MASKS:
            table = os.path.join(self.folder, self.board + ".table")
            sweep.Image(self.arch, image, sweep.cross(
                self.arch) + "objdump").table(table)
            words.append("table=" + table)
        return words

    def run(self, program, *more, icount=0):
        """(rows, intervals, raw) of one run."""
        out = os.path.join(self.folder, "%s-%s.count" % (self.board, program))
        if os.path.exists(out):
            os.unlink(out)
        plugged = self.machine.with_words(",".join(
            ["-plugin " + os.path.join(self.folder, "count.so"), "out=" + out] +
            self.places(program) + list(more)))
        output, status, why, command = runner.run(
            plugged, self.image(program), 1, "", icount, TIMEOUT)
        if status:
            raise Failure("%s ended with status %d%s\n# %s\n%s" % (
                program, status, " (%s)" % why if why else "",
                shlex.join(command), output[-2000:]))
        with open(out) as f:
            raw = f.read()
        return read_rows(output), read_intervals(raw), raw

    def measure(self, was):
        """{id: figure}; two runs. was: what the baseline has."""
        found = {}
        for program, icount in ((p, i) for p in PROGRAMS
                                for i in ICOUNT.get(p, (0,))):
            runs = [self.run(program, icount=icount) for _ in range(2)]
            values, other = (per_operation(*r[:2]) for r in runs)
            if values != other and (program, icount) not in SLEEPS:
                raise Failure("%s: two runs differ: %s" % (program, ", ".join(
                    "%s %g %g" % (k, values[k], other.get(k, -1))
                    for k in values if values[k] != other.get(k))))
            for run, of in zip(runs, (values, other)):
                for name, value in of.items():
                    if value > found.get(name, -1):
                        found[name] = value
                        self.note(name, *run[:2])
        found.update(self.memory(was.get("stack_bytes")))
        return found

    def note(self, name, rows, intervals):
        """Where a stretch is that is the longest so far."""
        for row, i in zip(rows, intervals):
            s = getattr(i, name, None)
            if row[2] == "masked" and s:
                self.notes[name] = "%s: %d, from %s to %s" % (
                    name, s[0], self.where("masked", s[1]),
                    self.where("masked", s[2]))

    def memory(self, was):
        """Rows in bytes."""
        pools = size.Memory(mksymtab.Elf(self.image("ops"))).pools()
        g = next(p["size"] for p in pools if p["name"] == "g")
        stack = max((p for p in pools if p["name"].startswith("stack")),
                    key=lambda p: p["n"])  # go()'s, of which there are most
        found = {"g_bytes": g, "ram_bytes": g + stack["size"]}
        if self.arch in STACKS:
            found["text_bytes"] = self.text()
            found["stack_bytes"] = self.smallest_stack(was)
        return found

    def text(self):
        """The kernel's bytes of code and constants in bench/size.c, made small."""
        elf = self.build("Os", "size", "OPT=-Os")
        rooms = size.sizes(linkmap.read(
            os.path.splitext(elf)[0] + ".map", mksymtab.Elf(elf)),
            os.path.join(self.folder, "Os", self.board))
        text = {room: sum(f["text"] + f["rodata"] for f in files.values())
                for room, files in rooms.items()}
        self.notes["text_bytes"] = "text_bytes: " + ", ".join(
            "%s %d" % (r, text[r]) for r in KERNEL if text.get(r)) + \
            "; not counted: " + ", ".join("%s %d" % x for x in sorted(
                text.items()) if x[0] not in KERNEL)
        output, status, why, _ = runner.run(self.machine, elf, 1, "", 0,
                                            TIMEOUT)
        if status:
            raise Failure("bench/size.c ended with status %d: %s %s" % (
                status, why, output[-500:]))
        return sum(text.get(r, 0) for r in KERNEL)

    def smallest_stack(self, was):
        """By trying: around what it was, then wherever that leads."""
        sizes = list(STACKS[self.arch])
        bad, good = -1, len(sizes)  # the largest that fails, the smallest not
        middle = sizes.index(was) if was in sizes else len(sizes) // 4
        tries = [middle - 1, middle, middle + 1]
        while good - bad > 1:
            tries = [t for t in tries if bad < t < good]
            while len(tries) < 3:  # three classes, ascending
                tries.append(max(tries) + 1)
            three = [96 + 32 * t for t in tries]
            elf = self.build("stack", "smallstack", "CONFIG=" + STACK_CONFIG % (
                *three, three[0]))
            for t, stack in zip(tries, three):
                if not bad < t < good:
                    continue
                output, status, _, _ = runner.run(
                    self.machine, elf, 1, STACK_WORDS % stack, STACK_ICOUNT,
                    TIMEOUT)
                if status == 0 and "stack %d is enough" % stack in output:
                    good = t
                else:
                    bad = t
            step = max((good - bad) // 4, 1)
            tries = [bad + step, bad + 2 * step, bad + 3 * step]
        if good == len(sizes):
            raise Failure("no stack of %d bytes or less is enough" % sizes[-1])
        return sizes[good]

    def where(self, program, at):
        """symbol+offset of an address."""
        if program not in self.sorted:
            self.sorted[program] = sorted(
                (v[0], n) for n, v in self.symbols[program].items()
                if v[1] and not n.startswith("$"))
        known = self.sorted[program]
        k = bisect.bisect_right(known, (at, "\x7f")) - 1
        if k < 0:
            return "%#x" % at
        base, name = known[k]
        return "%s+%#x" % (name, at - base)

    # ---- A listing --------------------------------------------------------------

    def listing(self, name):
        """Prints the instructions of one operation of a row."""
        for program in PROGRAMS:
            best = None
            for icount in ICOUNT.get(program, (0,)):
                rows, intervals, _ = self.run(program, icount=icount)
                for n, row in enumerate(rows):
                    if row[0] == (name if name != "handler" else "masked"):
                        one = getattr(intervals[n], name, None) or (0,)
                        if best is None or one[0] > best[0]:
                            best = one[0], icount, n, row, intervals[n], \
                                dict((r[0], r[1]) for r in rows)["loop"]
            if best:
                self.list(program, name, *best[1:])
                return
        raise Failure("no row %s is measured by a program" % name)

    def trace(self, program, icount, n, skip, most):
        """[address] of what was executed in the nth interval."""
        pcs = os.path.join(self.folder, self.board + ".pcs")
        self.run(program, "trace=%d" % n, "pcs=" + pcs, "skip=%d" % skip,
                 "most=%d" % most, icount=icount)
        with open(pcs, "rb") as f:
            data = f.read()
        os.unlink(pcs)
        return struct.unpack("<%dQ" % (len(data) // 8), data)

    def list(self, program, name, icount, n, row, interval, rounds):
        texts = self.texts(program)

        def say(run, what):
            for pc in run:
                print("%-34s %s" % (self.where(program, pc),
                                    texts.get(pc, "?")))
            print("# %s, %s: %s: %d instructions" % (
                self.board, name, what, len(run)))

        if row[2] == "masked":
            count, _, _, when = getattr(interval, name)
            extra = 0 if name == "handler" else 2
            say(self.trace(program, icount, n, when, count + extra),
                "the longest one" + ", and the two that begin and end it" *
                bool(extra))
            return
        if row[2] == "latency":
            one = interval.count // row[1]
            run = self.trace(program, icount, n, interval.count // 2, 3 * one)
            known = self.places(program)
            entry, woken = (set(int(a, 16) for a in w.split("=")[1].split(":"))
                            for w in known[-2:])
            end = next(k for k, pc in enumerate(run) if pc in woken and any(
                p in entry for p in run[:k]))
            begin = max(k for k in range(end) if run[k] in entry)
            say(run[begin:end], "one of them")
            return
        run = self.trace(program, icount, n, 0, interval.count + 1)
        times = collections.Counter(run)
        lo, size = self.symbols[program]["bench_mark_begin"]
        seen, left = set(), interval.count / rounds
        # The loop's first instruction is executed once a round; what it does not
        # reach within a round, as in batches, has a loop of its own.
        for pc in run:
            if left < 3 or pc in seen or lo <= pc < lo + size or \
                    not rounds - 1 <= times[pc] <= rounds:
                continue
            at = [k for k, other in enumerate(run) if other == pc]
            part = run[at[len(at) // 2]:at[len(at) // 2 + 1]]
            if seen & set(part) and pc not in seen and len(
                    seen & set(part)) > len(set(part)) // 2:
                continue
            say(part, "a round, with its loop")
            seen |= set(part)
            left -= len(part)

    def texts(self, program):
        """{address: text} of the image."""
        p = subprocess.run([sweep.cross(self.arch) + "objdump", "-d",
                            "--no-show-raw-insn", self.image(program)],
                           stdout=subprocess.PIPE, check=True)
        return {int(m[1], 16): " ".join(m[2].split()) for m in re.finditer(
            r"^\s*([0-9a-f]+):\s+(\S.*)$", p.stdout.decode(errors="replace"),
            re.M)}


# ---- Tables ------------------------------------------------------------------------

def load(path):
    with open(path) as f:
        return json.load(f)


def whole(meta, found):
    """{id: figure} with rows that are the worst of several; all of rows.json."""
    values = dict(found)
    for row in meta:
        if "worst" in row and all(w in found for w in row["worst"]):
            values[row["id"]] = max(found[w] for w in row["worst"])
    return values


def result(board, meta, values, peers):
    """What goes into BUILD/bench/BOARD.json."""
    named = {row["id"]: row for row in meta}
    parts = {w: row["id"] for row in meta for w in row.get("worst", ())}
    rows = []
    order = [row["id"] for row in meta if row["id"] in values]
    order += [name for name in values if name not in named]
    order.sort(key=lambda name: named.get(name, {}).get("unit") == "bytes")
    for name in order:
        row = named.get(name, {})
        known = dict(peers.get(name, {}))
        rows.append({
            "id": name, "title": row.get("title", name), "go": row.get("go"),
            "name": row.get("name"), "unit": row.get("unit", "instructions"),
            "value": values[name], "target": known.pop("target", None),
            "peers": known, "part_of": row.get("part_of") or
            parts.get(name)})
    return {"arch": board.arch, "board": board.board,
            "notes": list(board.notes.values()), "rows": rows}


def figure(n):
    return "%.1f" % n if n != int(n) and n < 100 else "%.0f" % n


def show(data):
    """The table of a board, as text."""
    lines = ["%s, %s: instructions (or bytes) per operation" % (
        data["arch"], data["board"]),
        "%-52s %8s %8s   %s" % ("", "gzero", "target", "peers (us : them)")]
    for row in data["rows"]:
        if row["part_of"]:
            continue
        target = row["target"]
        lines.append("%-52s %8s %8s%s  %s" % (
            row["title"], figure(row["value"]),
            "" if target is None else figure(target),
            " " if target is None or row["value"] <= target else "!",
            ", ".join("%s %s (%.2f)" % (k, figure(v), row["value"] / v)
                      for k, v in row["peers"].items())))
    return "\n".join(lines + ["# " + n for n in data["notes"]]) + "\n"


# ---- The baseline ------------------------------------------------------------------

def compare(board, values, baseline):
    """(errors, better): lines about one board."""
    errors, better = [], []
    if board not in baseline:
        return ["%s: no baseline; make bench-baseline BOARD=%s records one" % (
            board, board)], []
    old = baseline[board]
    for name in sorted(set(old) | set(values)):
        if name not in values:
            errors.append("%s %s: in the baseline (%g) and not measured" % (
                board, name, old[name]))
        elif name not in old:
            errors.append("%s %s: measured (%g) and not in the baseline; make "
                          "bench-baseline records it" % (
                              board, name, values[name]))
        else:
            was, now = old[name], values[name]
            change = "%s %s: %g, was %g (%+.1f %%)" % (
                board, name, now, was, 100 * (now - was) / (was or 1))
            if now > was * (1 + WORSE):
                errors.append("worse: " + change)
            elif now < was * (1 - WORSE):
                better.append("better: " + change)
    return errors, better


def write_baseline(path, baseline):
    """One row a line, sorted: so that two branches' changes merge."""
    lines = ["{"]
    for k, board in enumerate(sorted(baseline)):
        lines.append("%s: {" % json.dumps(board))
        rows = sorted(baseline[board].items())
        for n, (name, value) in enumerate(rows):
            lines.append(" %s: %s%s" % (json.dumps(name), json.dumps(value),
                                        "," * (n + 1 < len(rows))))
        lines.append("}" + "," * (k + 1 < len(baseline)))
    text = "\n".join(lines + ["}"]) + "\n"
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


# ---- All of it -----------------------------------------------------------------------

def plugin(folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "count.so")
    new = "%s.%d" % (path, os.getpid())
    if subprocess.run(["gcc", *FLAGS, "-o", new,
                       "bench/plugin/count.c"]).returncode:
        raise Failure("the plugin does not build")
    os.rename(new, path)


def one(o, words, meta, peers, baseline):
    """Measures a board. Returns (data, errors, better)."""
    board = Board(o, words)
    board.prepare()
    if o.prepare:
        return None, [], []
    if o.listing:
        board.listing(o.listing)
        return None, [], []
    values = whole(meta, board.measure(baseline.get(
        board.board, {})))
    data = result(board, meta, values, peers.get(board.arch, {}))
    path = os.path.join(board.folder, board.board + ".json")
    with open(path, "w") as f:
        json.dump(data, f, indent=1)
        f.write("\n")
    return data, *judge(o, data, meta, baseline)


def judge(o, data, meta, baseline):
    """(errors, better) of a board, or records it."""
    loose = {row["id"] for row in meta if not row.get("compared", True)}
    values = {row["id"]: row["value"] for row in data["rows"]
              if row["id"] not in loose}
    if o.record:
        baseline[data["board"]] = values
        return [], []
    if o.board and o.board not in baseline:
        return [], ["%s has no baseline; make bench-baseline BOARD=%s records "
                    "one" % (o.board, o.board)]
    return compare(data["board"], values, baseline)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--archs", default="")
    p.add_argument("--board", default="")
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--newlib", default="")
    p.add_argument("--baseline", default="bench/baseline.json")
    p.add_argument("--record", action="store_true")
    p.add_argument("--tap", action="store_true")
    p.add_argument("--prepare", action="store_true")
    p.add_argument("--listing", default="")
    p.add_argument("--measured", nargs="+", default=[])
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    meta, peers = load("bench/rows.json"), load("bench/peers.json")
    baseline = load(o.baseline) if os.path.exists(o.baseline) else {}
    boards = [["BOARD=" + o.board]] if o.board else \
        [["ARCH=" + a] for a in o.archs.split()]
    boards = o.measured or boards
    bad, tests, improved = 0, 0, False
    for words in boards:
        start = time.monotonic()
        try:
            if o.measured:
                data = load(words)
                errors, better = judge(o, data, meta, baseline)
            else:
                plugin(os.path.join(o.build, "bench"))
                data, errors, better = one(o, words, meta, peers, baseline)
        except Failure as e:
            data, errors, better = None, [str(e)], []
        if data:
            text = show(data)
            print("".join("# %s\n" % line for line in text.split("\n"))
                  if o.tap else text, end="\n" * (not o.tap))
        for line in errors + better:
            print("# " + line.replace("\n", "\n# "))
        bad, improved = bad + bool(errors), improved or bool(better)
        tests += 1
        if o.tap:
            print("%sok - %s%s" % ("not " if errors else "",
                                   data["board"] if data else words[0], errors and " # " + errors[0].split("\n")[0]
                                   or ""))
        elif not o.listing and not o.prepare:
            print("# %.0f s\n" % (time.monotonic() - start))
    if improved and not o.board:
        print("# better than bench/baseline.json: make bench-baseline records "
              "it")
    if o.record and not bad:
        write_baseline(o.baseline, baseline)
    if o.tap:
        print("1..%d" % tests)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
