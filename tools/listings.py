#!/usr/bin/env python3
"""listings.py writes down what an operation that misses its target executes: make
bench-listings.

    tools/listings.py --archs "ARCH ..." [--make make] [--build build]
                      [--newlib DIR] [--out docs/listings] [--rows ROW,ROW]
                      [--purposes bench/purposes.json] [--unassigned]

For each architecture it reads BUILD/bench/BOARD.json (runs make bench's measuring
first, if there is none), and for each row of it whose figure is above its target, and
for a yield, writes a section of docs/listings/ARCH.md:
  the figure and the target,
  its instructions by purpose and by function, in descending order,
  those of one operation in the order of execution, each with the line of source it
  is of, and with its purpose.
--rows takes these instead of what misses. --unassigned prints what has no purpose.

What the sums are of:
  an operation (row of a loop)  the whole run by its number of operations, so that
              what comes once in 256 is in them with its share; less the loop, they
              are the row's figure. The listing is the operation whose length is the
              median: the first such after the middle of the run. Where an operation
              is done in two places (go here, run there), there is one of each
  an interrupt                  the one that is listed, the median: the row's figure
  a masked stretch              the one that is listed, the longest

A purpose is what bench/purposes.json says of it: a list of rules, the first that
holds counts. A rule has a purpose and at least one of
  in     a regular expression for the function, or the assembly's symbol
  file   one for the file
  line   one for the text of the source line (searched)
  insn   one for the instruction's text
An instruction that was inlined is asked about from inside out: all rules for the
innermost function, then for the one it was inlined into, and so on. Instructions
without a purpose are UNASSIGNED at most by the tenth of a section, or it fails.

The same images give the same pages, byte by byte.
"""

import argparse
import array
import collections
import json
import os
import re
import statistics
import subprocess
import sys

import counts as bench
import sweep

UNASSIGNED = "not assigned"
TAKEN = "taken off: the loop, the marks"
MOST_UNASSIGNED = 0.1
ALWAYS = "yield"  # docs/performance.md explains it on all machines
PROGRAM = "the program: loop, calls"
# Accesses and registers: the line that uses one tells more than the one in there.
HELPERS = ("kernel/atomic.h", "arch_inline.h")
SHORT = 8     # a repetition of less is listed again
SHOTS = 40    # latencies among which the median is looked for

Frame = collections.namedtuple("Frame", "function file line text")


# ---- What the image knows of an address ---------------------------------------------

class Source:
    """Lines of the project's files."""

    def __init__(self):
        self.files = {}

    def line(self, path, n):
        if path not in self.files:
            try:
                with open(path, encoding="utf-8") as f:
                    self.files[path] = f.read().split("\n")
            except OSError:
                self.files[path] = []
        known = self.files[path]
        return " ".join(known[n - 1].split()) if 0 < n <= len(known) else ""


def frames(text, symbol, source):
    """{address: [Frame]}, innermost first, of what addr2line -a -f -i prints.
    symbol(address): whose it is where the image does not say, as in assembly."""
    found, at, function = {}, None, None
    for line in text.split("\n"):
        if re.fullmatch(r"0x[0-9a-f]+", line):
            at, function = int(line, 16), None
            found[at] = []
        elif at is None or not line:
            continue
        elif function is None:
            function = line
        else:
            m = re.match(r"(.*):(\d+|\?)(?: \(discriminator \d+\))?$", line)
            path, n = m[1], 0 if m[2] == "?" else int(m[2])
            if os.path.isabs(path):
                path = os.path.relpath(path)
            if path.startswith(".."):  # the C library's
                path = re.sub(r".*?(newlib/libc/.*|[^/]*)$", r"\1", path)
            if function == "??" or path == "??":
                function = symbol(at)
            found[at].append(Frame(function, path, n, source.line(path, n)))
            function = None
    return found


def tidy(text):
    """An instruction without addresses: with those all of a page would change."""
    text = re.sub(r"\s*[@#] .*", "", text)
    text = re.sub(r"\b(?:0x)?[0-9a-f]+ <([^>]+)>", r"\1", text)
    if "r4, r5, r6, r7, r8, r9, sl, fp" in text:
        text = text.replace("r4, r5, r6, r7, r8, r9, sl, fp", "r4-r11")
    return re.sub(r"\s+", " ", text).strip()


class Purposes:
    KEYS = "in", "file", "line", "insn"

    def __init__(self, rules):
        self.rules = []
        self.used = set()
        for rule in rules:
            unknown = set(rule) - {"purpose", *self.KEYS}
            if unknown or "purpose" not in rule or len(rule) < 2:
                raise bench.Failure("no rule: %s" % json.dumps(rule))
            self.rules.append((rule["purpose"], *(
                re.compile(rule[k]) if k in rule else None
                for k in self.KEYS)))

    def of(self, chain, insn):
        if chain[-1].file.startswith("bench/"):
            return PROGRAM
        for frame in chain:
            for k, (purpose, where, path, line, text) in enumerate(
                    self.rules):
                if (where is None or where.fullmatch(frame.function)) and \
                        (path is None or path.fullmatch(frame.file)) and \
                        (line is None or line.search(frame.text)) and \
                        (text is None or text.search(insn)):
                    self.used.add(k)
                    return purpose
        return UNASSIGNED


# ---- Which instructions ---------------------------------------------------------------

def parts(run, operations, mean):
    """[(which, [address])]: an operation in the middle of a run, as one piece, or as
    one of each place where it is done. A place is found by an instruction that is
    executed once an operation."""
    times = collections.Counter(run)
    found, seen, left = [], set(), mean
    for pc in times:  # in the order of their first time
        if not operations - operations // 1000 <= times[pc] <= \
                operations + operations // 1000 or pc in seen or left < 3:
            continue
        at = [k for k, other in enumerate(run) if other == pc]
        sizes = [b - a for a, b in zip(at, at[1:])]
        if not sizes:
            continue
        usual = statistics.median_low(sizes)
        half = len(sizes) // 2
        which = next(k for k in [*range(half, len(sizes)), *range(half)]
                     if sizes[k] == usual)
        part = run[at[which]:at[which + 1]]
        if len(seen & set(part)) > len(set(part)) // 2:
            continue
        found.append((which + 1, part))
        seen |= set(part)
        left -= len(part)
    if not found:
        raise bench.Failure("no instruction is executed once an operation")
    return found


def latency(run, entry, woken, figure):
    """The instructions of the first interrupt that took that many."""
    begin = None
    for k, pc in enumerate(run):
        if pc in entry:
            begin = k
        elif pc in woken and begin is not None:
            if k - begin == figure:
                return run[begin:k]
            begin = None
    raise bench.Failure("no interrupt of %d instructions in %d" % (
        figure, len(run)))


# ---- A page -----------------------------------------------------------------------

def amount(n):
    return bench.figure(abs(round(n, 1)))


def table(head, sums):
    """Lines of a table of numbers, the largest first."""
    lines = ["| %s | instructions |" % head, "|---|---:|"]
    for name, n in sorted(sums.items(), key=lambda x: (-x[1], x[0])):
        if round(n, 1):
            lines.append("| %s | %s |" % (name, bench.figure(round(n, 1))))
    return lines


class Listing:
    """What is said of addresses. symbol: address to function; texts: to instruction;
    chains: to [Frame]."""

    def __init__(self, symbol, texts, chains, purposes):
        self.symbol, self.texts = symbol, texts
        self.chains, self.purposes = chains, purposes
        self.known = {}

    def about(self, pc):
        """(function, frame to show, purpose, text)."""
        if pc not in self.known:
            chain = self.chains.get(pc) or [Frame(self.symbol(pc), "?", 0, "")]
            text = tidy(self.texts.get(pc, "?"))
            show = next((f for f in chain if not f.file.endswith(HELPERS)),
                        chain[0])
            self.known[pc] = (self.symbol(pc), show,
                              self.purposes.of(chain, text), text)
        return self.known[pc]

    def sums(self, counted, by):
        """({purpose: n}, {function: n}) of {address: times}, by so many."""
        purposes, functions = collections.Counter(), collections.Counter()
        for pc, n in counted.items():
            function, _, purpose, _ = self.about(pc)
            purposes[purpose] += n / by
            functions["`%s`" % function] += n / by
        return purposes, functions

    def listed(self, run):
        """Lines: the instructions, and beside the first of each line of source its
        function, place, purpose and text."""
        stretches, lines, done = [], [], {}
        for pc in run:
            name = self.about(pc)[0]
            if not stretches or stretches[-1][0] != name or \
                    self.texts.get(pc) and pc == stretches[-1][1][0]:
                stretches.append((name, []))
            stretches[-1][1].append(pc)
        for name, pcs in stretches:
            key = tuple(pcs)
            lines.append("%s: %d" % (name, len(pcs)))
            if key in done and len(pcs) >= SHORT:
                lines[-1] += ", as above"
                continue
            done[key] = True
            before = None
            for pc in pcs:
                _, frame, purpose, text = self.about(pc)
                place = "%s:%d" % (frame.file, frame.line)
                left = "    %-38s" % text
                if (place, purpose) == before:
                    lines.append(left.rstrip())
                    continue
                before = place, purpose
                lines.append(("%s %-27s %-30s %s" % (
                    left, purpose, place, frame.text)).rstrip())
        return lines

    def section(self, row, remark, counted, by, off, pieces):
        """Lines. counted: {address: times} of all; off: what is taken off for the
        loop; pieces: [(title, addresses)]."""
        purposes, functions = self.sums(counted, by)
        whole = sum(purposes.values())
        bad = purposes[UNASSIGNED] / whole
        if bad > MOST_UNASSIGNED:
            raise bench.Failure(
                "%s: %.0f %% have no purpose; --unassigned tells which, "
                "bench/purposes.json is where to say it" % (
                    row["id"], 100 * bad))
        if off:
            purposes[TAKEN] -= off
            functions[TAKEN] -= off
        lines = ["", "## %s" % row["id"], "", "%s: **%s**, target %s. %s" % (
            row["title"][0].upper() + row["title"][1:],
            bench.figure(row["value"]), bench.figure(row["target"]), remark),
            ""]
        lines += table("purpose", purposes)
        lines.append("| **sum** | **%s** |" % bench.figure(
            round(sum(purposes.values()), 1)))
        lines += [""] + table("function", functions)
        for title, run in pieces:
            lines += ["", title, "", "```"] + self.listed(run) + ["```"]
        return lines


def read(path):
    """{row: (figure, target, {purpose: n})} of a page, the numbers as they stand
    there."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    found = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        name = part.split("\n")[0]
        m = re.search(r": \*\*(\S+)\*\*, target (\S+)\. ", part)
        purposes = part.split("| purpose |")[1].split("\n\n")[0]
        found[name] = m[1], m[2], {p: float(n) for p, n in re.findall(
            r"^\| ([^*|]+) \| (-?[\d.]+) \|$", purposes, re.M)}
    return found


HEAD = """# Listings: %s

What an operation of `make bench` that misses its target executes, and a yield, on %s.
Written by `make bench-listings`; tools/listings.py says what is counted, and
`bench/purposes.json` which line of the kernel serves which purpose.
%s

A listing has the instructions in the order of execution: a line for each function that
is entered or come back to, with how many there are; then each instruction, and
beside the first of a source line its purpose, the place and the line.
"""


# ---- An architecture ----------------------------------------------------------------

class Page:
    def __init__(self, o, arch):
        self.o = o
        self.board = bench.Board(o, ["ARCH=" + arch])
        self.arch = arch
        self.board.prepare()
        self.runs = {}  # (program, icount): (rows, intervals)
        self.listings = {}
        self.source = Source()
        with open(o.purposes, encoding="utf-8") as f:
            self.purposes = Purposes(json.load(f))

    def rows(self):
        """[row]: what is to be told."""
        path = os.path.join(self.board.folder, self.board.board + ".json")
        if not os.path.exists(path):
            subprocess.run([
                sys.executable, "tools/counts.py", "--make", self.o.make,
                "--build", self.o.build, "--newlib", self.o.newlib, "--archs",
                self.arch], stdin=subprocess.DEVNULL)
        rows = bench.load(path)["rows"]
        if self.o.rows:
            return [r for r in rows if r["id"] in self.o.rows.split(",")]
        return [r for r in rows if r["target"] is not None and
                (r["value"] > r["target"] or r["id"] == ALWAYS) and
                r["unit"] == "instructions"]

    def run(self, program, icount):
        if (program, icount) not in self.runs:
            self.runs[program, icount] = self.board.run(
                program, icount=icount)[:2]
        return self.runs[program, icount]

    def find(self, name):
        """[(program, icount, which interval, row, interval)] of rows of a name."""
        found = []
        for program in bench.PROGRAMS:
            for icount in bench.ICOUNT.get(program, (0,)):
                rows, intervals = self.run(program, icount)
                for n, row in enumerate(rows):
                    if row[0] == name:
                        found.append((program, icount, n, row, intervals[n]))
            if found:
                return found
        raise bench.Failure("no row %s is measured by a program" % name)

    def listing(self, program, pcs):
        """A Listing that knows these addresses."""
        if program not in self.listings:
            texts = self.board.texts(program)
            self.listings[program] = Listing(
                lambda at: self.board.where(program, at).split("+")[0], texts,
                {}, self.purposes)
        known = self.listings[program]
        new = sorted(set(pcs) - set(known.chains))
        if new:
            p = subprocess.run(
                [sweep.cross(self.arch) + "addr2line", "-a", "-f", "-i", "-e",
                 self.board.image(program)], check=True,
                input="".join("%#x\n" % pc for pc in new).encode(),
                stdout=subprocess.PIPE)
            known.chains.update(frames(p.stdout.decode(), known.symbol,
                                       self.source))
        return known

    def operation(self, row, program, icount, n, one, interval):
        ops = one[1]
        self.same(row, bench.per_operation(*self.run(program, icount))[row["id"]])
        run = self.board.trace(program, icount, n, 0, interval.count + 1)
        whole = len(run) / ops
        pieces = []
        for which, part in parts(run, ops, whole):
            pieces.append(("Operation %d of %d: %d instructions." % (
                which, ops, len(part)), part))
        off = whole - row["value"]
        remark = "A run of %d operations executes %s each, of which %s %s taken " \
            "off." % (ops, amount(whole), amount(off),
                      "is" if amount(off) == "1" else "are")
        return self.listing(program, run).section(
            row, remark, collections.Counter(run), ops, off, pieces)

    def interrupt(self, row, worst):
        """A row that is the worst of several: that one is listed."""
        found = []
        for name in worst:
            program, icount, n, one, interval = self.find(name)[0]
            figure = statistics.median_low(interval.latencies)
            found.append((figure, name, program, icount, n, one, interval))
        figure, name, program, icount, n, one, interval = max(
            found, key=lambda f: f[0])
        self.same(row, figure)
        skip, size = interval.count // 2, interval.count // one[1]
        run = self.board.trace(program, icount, n, skip, SHOTS * size)
        known = self.board.places(program)
        entry, woken = (set(int(a, 16) for a in w.split("=")[1].split(":"))
                        for w in known[-2:])
        run = latency(run, entry, woken, figure)
        remark = "The median of %d; %s." % (len(interval.latencies), ", ".join(
            "%s %d" % (f[1], f[0]) for f in found))
        return self.listing(program, run).section(
            row, remark, collections.Counter(run), 1, 0,
            [("From the entry to the goroutine, `%s`: %d instructions." % (
                name, len(run)), run)])

    def masked(self, row, found):
        """Which one it is is told by the very run that is written down: where the
        hart sleeps, QEMU does not always wake it at the same instruction."""
        program, icount, n, _, interval = max(
            found, key=lambda f: f[4].masked[0])
        pcs = os.path.join(self.board.folder, self.board.board + ".pcs")
        interval = self.board.run(
            program, "trace=%d" % n, "pcs=" + pcs, "skip=0",
            "most=%d" % (2 * interval.count), icount=icount)[1][n]
        count, _, _, when = interval.masked
        with open(pcs, "rb") as f:
            f.seek(8 * when)
            run = array.array("Q", f.read(8 * (count + 2)))
        os.unlink(pcs)
        self.same(row, count)
        return self.listing(program, run).section(
            row, "The longest one, and the two instructions that begin and "
            "end it.", collections.Counter(run), 1, 2,
            [("From mask to unmask: %d instructions." % len(run), run)])

    def same(self, row, figure):
        """The images must be those that the figures are of."""
        if abs(figure - row["value"]) > 0.005:
            raise bench.Failure("%s: %g, but %g in %s.json: make bench ARCH=%s" % (
                row["id"], figure, row["value"], self.board.board, self.arch))

    def section(self, row, meta):
        worst = meta.get(row["id"], {}).get("worst")
        if worst:
            return self.interrupt(row, worst)
        found = self.find(row["id"])
        if row["id"] == "masked":
            return self.masked(row, found)
        return self.operation(row, *found[0])

    def text(self):
        meta = {row["id"]: row for row in bench.load("bench/rows.json")}
        rows = self.rows()
        lines = []
        for row in rows:
            lines += self.section(row, meta)
        told = "Rows:\n" + ",\n".join("[%s](#%s)" % (r["id"], r["id"])
                                      for r in rows) + "."
        return HEAD % (self.arch, self.board.board, told) + \
            "\n".join(lines) + "\n"

    def unassigned(self):
        for program, listing in sorted(self.listings.items()):
            for pc, (name, frame, purpose, text) in sorted(
                    listing.known.items()):
                if purpose == UNASSIGNED:
                    print("%s %-22s %-30s %-40s %s" % (
                        program, " < ".join(f.function for f in
                                            listing.chains[pc]),
                        "%s:%d" % (frame.file, frame.line), text, frame.text))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--archs", default="")
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--newlib", default="")
    p.add_argument("--out", default="docs/listings")
    p.add_argument("--rows", default="")
    p.add_argument("--purposes", default="bench/purposes.json")
    p.add_argument("--unassigned", action="store_true")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    bad = 0
    for arch in o.archs.split():
        page = None
        try:
            bench.plugin(os.path.join(o.build, "bench"))
            page = Page(o, arch)
            text = page.text()
            path = os.path.join(o.out, arch + ".md")
            os.makedirs(o.out, exist_ok=True)
            with open(path + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            os.rename(path + ".new", path)
            print("%s: %d lines" % (path, text.count("\n")))
        except bench.Failure as e:
            print("bench-listings: %s: %s" % (arch, e), file=sys.stderr)
            bad += 1
        if page and o.unassigned:
            page.unassigned()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
