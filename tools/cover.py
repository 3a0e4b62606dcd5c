#!/usr/bin/env python3
"""cover.py tells which instructions of the kernel the tests ran, on the target.

    tools/cover.py --arch ARCH [--make make] [--build build] [--seeds N]
                   [--only REGEX] [--image-only] [--floor FILE] [--brief]
                   [--merge FILE...]

It runs the jobs of tools/test.py (target tests, chaos, exit programs, tour,
api; the release kernel, not the torture build) with a plugin in QEMU
(tests/plugin/cover.c), which leaves a bit for each instruction that was begun,
and prints for each file of the kernel how many ran, the functions that never
did, and the gaps: function, where in it, lines.

Every program is an image of its own and so has the kernel elsewhere. What is
merged are functions: the same object, the same name and the same sequence of
instructions (their lengths, and which are branches, jumps, calls; operands hold
addresses, and objdump's mnemonics vary with them) count as one, by offset. The
same name with another sequence is another function of the table.

Not counted as missing, by rule, and said how many:
  fatal    a block that did not run and from which every way leads to a call of
           throw or fatal, or to a trap instruction; what only comes behind
           such a call; a function that does nothing else
  padding  a nop that did not run
kernel/ledger.c is not in it: it is what tests look with, no image of a program
has it, and most of it says what a bug would have left. tests/mutants/ledger.txt
makes it speak.

--image-only  only the image of tests/target, with one hart and with four
--floor FILE  compares with the percentages of FILE (`ARCH image|all PERCENT` a
              line) and fails when one fell below; one TAP line
--merge       no run: these results of an earlier one

The results of a run stay in BUILD/cover/ARCH until the next.
"""

import argparse
import bisect
import collections
import contextlib
import glob
import io
import itertools
import os
import re
import subprocess
import sys
import time

import apimatrix
import linkmap
import mksymtab
import test as suite

KERNEL = ("kernel", "arch", "boot", "boards", "drivers", "pkg", "libc")
TOOLS = {"kernel/ledger.c"}
DEADLY = {"throw", "fatal"}
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared",
         "-fPIC", "-fvisibility=hidden"]


# ---- Machine code ------------------------------------------------------------

class Arch:
    """How the text of objdump says where an instruction leads."""

    def __init__(self, prefix, step, branch, jump, call, trap):
        self.prefix, self.step = prefix, step
        self.branch, self.jump = re.compile(branch), re.compile(jump)
        self.call, self.trap = re.compile(call), re.compile(trap)

    def kind(self, text):
        for kind in ("branch", "jump", "call", "trap"):
            if getattr(self, kind).match(text):
                return kind
        return ""


# branch: may go on behind it; jump: never does. Both match `mnemonic operands`.
ARCHS = {
    "riscv64": Arch(
        "riscv64-unknown-elf-", 2, r"b\w+ ",
        r"(j|jr|ret|mret|sret)( |$)", r"(jal|jalr)( |$)",
        r"(ebreak|unimp)( |$)"),
    "x86_64": Arch(
        "", 1, r"j(?!mp)\w+ |loop",
        r"(notrack )?(jmp\w*|ret\w*|iret\w*|lret\w*)( |$)",
        r"(notrack )?call\w* ", r"ud2( |$)"),
    "armv7m": Arch(
        "arm-none-eabi-", 2,
        r"(b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.[nw])?|cbn?z) ",
        r"((b|bx)(\.[nw])? |tb[bh] |(pop|ldm\w*)(\.w)?\s.*\bpc\b|"
        r"ldr(\.w)?\s+pc,|mov\s+pc,)", r"blx? ", r"udf( |$)"),
}

Insn = collections.namedtuple("Insn", "address text target name")


def disassemble(arch, image, lo, hi):
    """[(symbol, [Insn])] in the order of addresses."""
    p = subprocess.run(
        [arch.prefix + "objdump", "-d", "--no-show-raw-insn", "-w",
         "--start-address=%#x" % lo, "--stop-address=%#x" % hi, image],
        stdout=subprocess.PIPE, check=True)
    found = []
    for line in p.stdout.decode().split("\n"):
        m = re.match(r"\s*([0-9a-f]+):\s+(\S.*)", line)
        if m and found:
            text = " ".join(m.group(2).split())
            if text[0] == ".":
                continue  # data among code
            to = re.search(r"\b([0-9a-f]+) <([^>+]+)(\+0x[0-9a-f]+)?>", text)
            found[-1][1].append(Insn(
                int(m.group(1), 16), text, int(to.group(1), 16) if to else None,
                to.group(2) if to and not to.group(3) else None))
            continue
        m = re.match(r"([0-9a-f]+) <(.+)>:$", line)
        if m:
            found.append((m.group(2), []))
    return [f for f in found if f[1]]


class Function:
    """One function of the kernel; what ran of it, in any image."""

    def __init__(self, path, name, insns, image):
        self.path, self.name, self.insns = path, name, insns
        self.image = image  # one that has it
        self.ran = [False] * len(insns)
        self.excused = [None] * len(insns)

    def blocks(self, arch):
        """[(first, last, successors, names called, ends in a trap)]"""
        at = {i.address: k for k, i in enumerate(self.insns)}
        leaders = {0}
        for k, i in enumerate(self.insns):
            ends = arch.branch.match(i.text) or arch.jump.match(i.text) or \
                arch.trap.match(i.text) or i.name in DEADLY_NOW
            if ends:
                leaders.add(k + 1)
                if i.target in at and not arch.call.match(i.text):
                    leaders.add(at[i.target])
            if k and self.ran[k] != self.ran[k - 1]:
                leaders.add(k)
        starts = sorted(k for k in leaders if k < len(self.insns))
        found = []
        for n, first in enumerate(starts):
            last = (starts[n + 1] if n + 1 < len(starts)
                    else len(self.insns)) - 1
            i = self.insns[last]
            to, deadly, known = [], False, True
            if i.name in DEADLY_NOW and (arch.call.match(i.text) or
                                         arch.jump.match(i.text)):
                deadly = True
            elif arch.trap.match(i.text):
                deadly = True
            elif arch.jump.match(i.text):
                if i.target in at:
                    to.append(at[i.target])
                else:
                    known = False
            else:
                if arch.branch.match(i.text) and i.target in at:
                    to.append(at[i.target])
                if last + 1 < len(self.insns):
                    to.append(last + 1)
            found.append((first, last, to, deadly, known))
        return found

    def judge(self, arch):
        """Marks what need not have run; True if every way is deadly."""
        blocks = self.blocks(arch)
        deadly = {b[0] for b in blocks if b[3]}
        while True:
            more = {b[0] for b in blocks if b[0] not in deadly and b[2] and
                    b[4] and all(t in deadly for t in b[2])}
            if not more:
                break
            deadly |= more
        starts = {b[0]: b for b in blocks}
        seen, todo = set(), [0]
        while todo:
            k = todo.pop()
            if k in seen or k not in starts:
                continue
            seen.add(k)
            todo += starts[k][2]
        # Behind a jump through a table anything may be reached.
        tables = any(not b[4] and re.match(
            r"(notrack )?(jmp|jr|tb[bh]|mov)\b", self.insns[b[1]].text)
            for b in blocks)
        for first, last, _, _, _ in blocks:
            for k in range(first, last + 1):
                if self.ran[k]:
                    continue
                if first in deadly or first not in seen and not tables:
                    self.excused[k] = "fatal"
                elif re.match(r"(\w+ )*(cs )?nop|xchg %ax,%ax", self.insns[
                        k].text):
                    self.excused[k] = "padding"
        return 0 in deadly


DEADLY_NOW = set(DEADLY)


# ---- Results of runs -----------------------------------------------------------

def text_range(image):
    elf = mksymtab.Elf(image)
    where = {name: value for name, value, _, _, _ in elf.symbols()
             if name in ("__text_start", "__text_end")}
    return where["__text_start"], where["__text_end"]


def read_result(path):
    """(image, lo, bits as bytes)"""
    with open(path, "rb") as f:
        head, _, bits = f.read().partition(b"\n")
    word, lo, _, image = head.decode().split(" ", 3)
    if word != "cover":
        raise SystemExit("%s is not a result of cover.c's" % path)
    return image, int(lo, 16), bits


def gather(paths):
    """{image: (lo, bits)}: the runs of one image are one."""
    found = {}
    for path in paths:
        image, lo, bits = read_result(path)
        n = int.from_bytes(bits, "little")
        old = found.get(image)
        found[image] = (lo, n | (old[1] if old else 0))
    return found


def origin(path):
    """kernel/chan.c, of build/virt/kernel/chan.c.o; None: not the kernel's."""
    m = re.search(r"(?:^|/)((?:%s)/[\w./-]+\.[cS])\.o$" % "|".join(KERNEL),
                  path)
    if not m or re.search(r"/(app|out)/", path) or m.group(1) in TOOLS:
        return None
    return m.group(1)


def functions(arch, image):
    """[(path, name, insns)] of the kernel in an image."""
    elf = mksymtab.Elf(image)
    pieces = [(p.address, p.address + p.size, origin(p.path)) for p in
              linkmap.read(os.path.join(os.path.dirname(image), "image.map"),
                           elf) if p.kind == "text" and origin(p.path)]
    pieces.sort()
    lows = [p[0] for p in pieces]
    sizes = {(v & ~1, n): s for n, v, s, t, _ in elf.symbols() if t == 2}
    found = []
    for name, insns in disassemble(arch, image, lows[0],
                                   max(p[1] for p in pieces)):
        k = bisect.bisect_right(lows, insns[0].address) - 1
        if k < 0 or insns[0].address >= pieces[k][1]:
            continue
        end = insns[0].address + (sizes.get((insns[0].address, name)) or
                                  pieces[k][1] - insns[0].address)
        insns = [i for i in insns if i.address < min(end, pieces[k][1])]
        if insns:
            found.append((pieces[k][2], name, insns))
    return found


def merge(arch, results):
    """{(path, name, shape): Function} with what ran."""
    table = {}
    # The image of the tests first: it is the one whose addresses are shown.
    for image in sorted(results, key=lambda i: ("tests/target" not in i, i)):
        if not os.path.exists(image):
            raise SystemExit("%s is gone; its results mean nothing" % image)
        lo, bits = results[image]
        for path, name, insns in functions(arch, image):
            shape = tuple((i.address - insns[0].address, arch.kind(i.text))
                          for i in insns)
            f = table.setdefault((path, name, shape),
                                 Function(path, name, insns, image))
            for k, i in enumerate(insns):
                if bits >> ((i.address - lo) // arch.step) & 1:
                    f.ran[k] = True
    return table


# ---- What is said --------------------------------------------------------------

def lines_of(arch, image, addresses):
    """{address: (file, line)}, relative to the tree where it is in it."""
    p = subprocess.run([arch.prefix + "addr2line", "-e", image],
                       input="\n".join("%x" % a for a in addresses).encode(),
                       stdout=subprocess.PIPE, check=True)
    found, here = {}, os.getcwd() + "/"
    for a, line in zip(addresses, p.stdout.decode().split("\n")):
        path, _, number = line.split(" ")[0].rpartition(":")
        path = os.path.normpath(path)
        found[a] = (path[len(here):] if path.startswith(here) else path,
                    int(number) if number.isdigit() else 0)
    return found


def say_lines(places, own):
    """`12-14 20 include/go.h:7` of a gap's instructions."""
    by = {}
    for path, line in places:
        by.setdefault(path, set()).add(line)
    words = []
    for path in sorted(by, key=lambda p: (p != own, p)):
        numbers, runs = sorted(by[path] - {0}), []
        for n in numbers:
            if runs and n <= runs[-1][1] + 1:
                runs[-1][1] = n
            else:
                runs.append([n, n])
        text = ",".join("%d" % a if a == b else "%d-%d" % (a, b)
                        for a, b in runs)
        if text:
            words.append(text if path == own else path + ":" + text)
    return " ".join(words)


class Report:
    def __init__(self, arch, table):
        global DEADLY_NOW
        self.arch, self.table = arch, table
        DEADLY_NOW = set(DEADLY)
        while True:  # who only calls those is one of those
            more = {f.name for f in table.values() if f.judge(arch)}
            if more <= DEADLY_NOW:
                break
            DEADLY_NOW |= more
        self.files = {}
        for f in sorted(table.values(), key=lambda f: (f.path, f.name)):
            self.files.setdefault(f.path, []).append(f)

    @staticmethod
    def count(some):
        """(ran, all that should, fatal, padding)"""
        ran = sum(sum(f.ran) for f in some)
        fatal = sum(f.excused.count("fatal") for f in some)
        padding = sum(f.excused.count("padding") for f in some)
        return ran, sum(len(f.ran) for f in some) - fatal - padding, fatal, \
            padding

    def percent(self):
        ran, all_, _, _ = self.count(self.table.values())
        return 100 * ran / all_

    def files_text(self):
        out = ["%-28s %7s %7s %6s %6s  %s" % (
            "file", "ran", "of", "%", "fatal", "functions never run")]
        rows = [(path, some) for path, some in self.files.items()]
        rows.append(("all", list(self.table.values())))
        for path, some in rows:
            ran, all_, fatal, _ = self.count(some)
            never = [f.name for f in some if not any(f.ran) and
                     None in f.excused]
            out.append("%-28s %7d %7d %6.1f %6d  %s" % (
                path, ran, all_, 100 * ran / all_ if all_ else 100, fatal,
                len(never) if path == "all" else " ".join(never)))
        ran, all_, fatal, padding = self.count(self.table.values())
        out.append("not counted: %d instructions on ways to a fatal error "
                   "that did not run, %d of padding" % (fatal, padding))
        return "\n".join(out)

    def gaps(self):
        """[(path, function, [Insn])]: what should have run and did not."""
        found = []
        for path, some in self.files.items():
            for f in some:
                gap = []
                for k, i in enumerate(f.insns):
                    if not f.ran[k] and not f.excused[k]:
                        gap.append(i)
                    elif gap and f.ran[k]:
                        found.append((path, f, gap))
                        gap = []
                if gap:
                    found.append((path, f, gap))
        return found

    def gaps_text(self):
        gaps, wanted = self.gaps(), {}
        for _, f, gap in gaps:
            wanted.setdefault(f.image, []).extend(i.address for i in gap)
        where = {image: lines_of(self.arch, image, some)
                 for image, some in wanted.items()}
        out = ["gaps: %d" % len(gaps)]
        for path, f, gap in gaps:
            out.append("  %s: %s+%#x: %d of %d: %s" % (
                path, f.name, gap[0].address - f.insns[0].address, len(gap),
                len(f.insns), say_lines(
                    [where[f.image][i.address] for i in gap], path)))
        return "\n".join(out)


# ---- Running -------------------------------------------------------------------

def spread(plugin, folder, arch):
    """Every QEMU from here on has the plugin."""
    plain = suite.runner.Machine.command
    number, ranges = itertools.count(), {}

    def command(self, image, *args, **how):
        words = plain(self, image, *args, **how)
        if image not in ranges:
            ranges[image] = text_range(image)
        lo, hi = ranges[image]
        return words[:1] + ["-plugin", "file=%s,lo=%#x,hi=%#x,step=%d,image=%s,"
                            "out=%s/%d-%d" % (
                                plugin, lo, hi, ARCHS[arch].step, image,
                                folder, os.getpid(), next(number))] + words[1:]

    suite.runner.Machine.command = command


class ApiJob(suite.Job):
    """The matrix of calls, in a process where QEMU has the plugin."""


plain_perform = suite.perform


def perform(job):
    if not isinstance(job, ApiJob):
        return plain_perform(job)
    result, start = suite.Result(job), time.monotonic()
    sys.argv = job.command[1:]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        status = apimatrix.main()
    result.output, result.seconds = text.getvalue(), time.monotonic() - start
    suite.tap(result.output, status, None, result)
    return result


def run(o):
    """Runs the jobs; returns (results, how many tests failed)."""
    folder = os.path.abspath(os.path.join(o.build, "cover", o.arch))
    os.makedirs(folder, exist_ok=True)
    for old in glob.glob(os.path.join(folder, "*")):
        os.unlink(old)
    plugin = os.path.abspath(os.path.join(o.build, "cover", "cover.so"))
    fresh = "%s.%d" % (plugin, os.getpid())
    subprocess.run(["gcc", *FLAGS, "-o", fresh, "tests/plugin/cover.c"],
                   check=True)
    os.rename(fresh, plugin)
    o.soak = o.torture = False
    if o.image_only:
        o.only, o.seeds = r"/\d target$", 0
    s = suite.Suite(o)
    s.logs = os.path.join(o.build, "cover", "logs")
    said = io.StringIO()
    with contextlib.redirect_stdout(said if o.brief else sys.stdout):
        if not o.image_only:
            s.api(o.arch, False)
            for job in s.jobs:
                job.__class__ = ApiJob
        s.arch(o.arch)
        spread(plugin, folder, o.arch)
        suite.perform = perform
        _, failed = s.run()
    for line in said.getvalue().split("\n"):
        if failed and not line.startswith("ok "):
            print("# " + line)
    return glob.glob(os.path.join(folder, "*")), failed


def hold(o, report):
    """Compares with the table of floors; the TAP line."""
    kind = "image" if o.image_only else "all"
    with open(o.floor) as f:
        rows = [line.split() for line in f if line[0] not in "#\n"]
    floors = {(a, k): float(p) for a, k, p in rows}
    floor, got = floors.get((o.arch, kind)), report.percent()
    text = "%s of the kernel's instructions on %s ran in %s" % (
        "%.1f %%" % got, o.arch, "the target image's tests" if o.image_only
        else "all tests")
    if floor is None:
        return False, "%s; %s has no floor for that" % (text, o.floor)
    return got >= floor, "%s; the floor is %.1f %%" % (text, floor)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--arch", required=True, choices=sorted(ARCHS))
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--only", default="")
    p.add_argument("--image-only", action="store_true")
    p.add_argument("--brief", action="store_true")
    p.add_argument("--floor")
    p.add_argument("--merge", nargs="+")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    failed = 0
    if o.merge:
        paths = o.merge
    else:
        paths, failed = run(o)
    if not paths:
        print("1..1\nnot ok 1 - nothing was written down")
        return 1
    arch = ARCHS[o.arch]
    report = Report(arch, merge(arch, gather(paths)))
    if not o.brief:
        text = "coverage on %s: %d runs\n%s\n%s" % (
            o.arch, len(paths), report.gaps_text(), report.files_text())
        print(text)
        if not o.merge:
            with open(os.path.join(o.build, "cover",
                                   o.arch + ".txt"), "w") as f:
                f.write(text + "\n")
    if failed:
        print("# %d tests failed: the figure may be too low" % failed)
    if o.floor:
        good, text = hold(o, report)
        print("1..1\n%sok 1 - %s" % ("" if good else "not ", text))
        return 0 if good else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
