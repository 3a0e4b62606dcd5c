#!/usr/bin/env python3
"""sweep.py runs tests/sweep and holds what it hit against what was executed.

    tools/sweep.py --make make --build build --archs "ARCH ..." [--harts N]
                   [--prepare] [--prepared] [--words "..."] [--full] [--verbose]

The image (tests/sweep/main.c) puts an interrupt before every instruction of its
scenarios, one after the other, and says where interrupts came. A plugin of the
emulator (tests/sweep/host/steps.c) says which instructions were executed with
interrupts on while one was on its way. Instructions of the kernel's own objects
(kernel, arch, boot, boards, drivers, pkg; found in the linker's map) are then
one of

  hit           an interrupt came before it
  masked        it was executed, and always with interrupts masked
  outside       it was executed with interrupts on, but in no scenario
  fatal         never executed, and it leads to nothing but the machine's end
                (calls of throw, fatal and their like, and what only leads there)
  not executed  the rest

and a test fails, by function, offset and instruction, if one was executed with
interrupts on while the first interrupt of a placement was on its way and none came
before it in the same mode; or if one was hit that the plugin
takes for masked: then one of the two is wrong. What is executed only after an
interrupt must be met by a second one; how many were not is printed, and which with
--verbose: they get fewer with each pass and do not fail the test.

What masks is read off the disassembly (KIND below), so the plugin knows nothing
about a machine. tests/sweep/paths.txt names functions of each critical path; the
figures are printed by path, and what is not executed of them is listed with
--verbose.

It speaks TAP.
"""

import argparse
import bisect
import collections
import os
import re
import shlex
import subprocess
import sys
import time

import run as runner

APP = "tests/sweep"
OURS = ("kernel/", "arch/", "boot/", "boards/", "drivers/", "pkg/")
MODES = ("preempt", "ready", "both", "two")
ALL, TWO = 0xf, 0x8
UNRECORDED = 0x8000
# The traced run takes each so manyth placement: every run of a scenario is the same
# up to its interrupt, and the last one has none. What is executed only behind an
# interrupt in the others, is hit there and never traced.
TRACED = 29
# --full: what takes long, and the modes with two interrupts several times over.
FULL = "slow=1 passes=3"
# Those that do not come back.
FATAL = re.compile(r"^(throw|fatal|panic|frozen|badmcall2?|dienow|startdying|"
                   r"sigpanic0|mustgoroutine|disorder|exhausted|goexit0|"
                   r"go_panic.*|x86_overflow|x86_fault|fault|fault_overflow|"
                   r"arch_overflowed|diewith|checkdead)(\.\w+)*$")

Insn = collections.namedtuple("Insn", "at text fn start")


def kind_riscv64(i, before, recent):
    if re.match(r"csrc\s+mstatus,8$", i.text):
        return "M"
    if re.match(r"csrrc\s+\w+,mstatus,8$", i.text):
        return "S"
    if re.match(r"csrs\s+mstatus,8$", i.text):
        return "U"
    m = re.match(r"csrs\s+mstatus,([a-z]\w*)", i.text)
    if m and any(re.match(r"andi?\s+%s,\w+,8$" % m.group(1), t)
                 for t in recent):
        return "R"  # of what arch_irqsave returned
    if i.text.startswith("mret"):
        return "x"
    if i.fn == "trap_vector":
        return "e"
    return "."


def kind_x86_64(i, before, recent):
    if i.text == "cli":
        return "M"
    if i.text == "sti":
        return "u"
    if i.text == "iretq":
        return "x"
    if re.match(r"x86_(timer|ipi|error|stray|spurious)vec$|x86_linetail$",
                i.fn) and before.fn != i.fn:
        return "e"
    if i.fn == "x86_linevec" and "%gs:" in i.text or \
            i.fn == "x86_faultvec" and not before.text.startswith("push"):
        return "e"
    return "."


def kind_armv7m(i, before, recent):
    text = i.text.lower()
    handler = i.fn in ("arch_irqentry", "arch_lineentry", "arch_svcentry",
                       "arch_faultentry")
    if handler and before.fn != i.fn:
        return "E"
    if handler and re.match(r"bx\s+lr", text):
        return "X"
    if re.match(r"msr\s+basepri_max,", text):
        return "S"
    if re.match(r"msr\s+basepri,", text):
        return "." if handler else "R"
    if re.match(r"cpsid\s+i", text):
        return "s" if re.match(r"mrs\s+\w+, primask", before.text.lower()) \
            else "i"
    if re.match(r"cpsie\s+i", text):
        return "j"
    if re.match(r"msr\s+primask,", text):
        return "r"
    return "."


KIND = {"riscv64": kind_riscv64, "x86_64": kind_x86_64,
        "armv7m": kind_armv7m}
# Jumps: (pattern of the mnemonic, may it fall through), calls apart.
CALL = {"riscv64": r"(jal|jalr|call)\b", "x86_64": r"callq?\b",
        "armv7m": r"blx?\b(?!\s*\{)"}
LEAVE = {"riscv64": r"(ret|jr|mret|j|unimp|tail)\b",
         "x86_64": r"(retq?|jmpq?|iretq|ud2)\b",
         "armv7m": r"(bx|b(\.[nw])?|pop\S*\s.*pc|ldmia\S*\s.*pc|ldr\S*\s+pc|"
                   r"tb[bh]|udf)(\s|$)"}
JUMP = {"riscv64": r"(b\w+|j)\s.*?\b([0-9a-f]+) <",
        "x86_64": r"(j\w+)\s+([0-9a-f]+) <",
        "armv7m": r"(b\w*(?:\.[nw])?|cbn?z)\s(?:\w+, )?([0-9a-f]+) <"}


class Image:
    """The disassembly of an image: what is ours, and what each does."""

    def __init__(self, arch, path, objdump):
        self.arch = arch
        self.ours = self.map(os.path.join(os.path.dirname(path), "image.map"))
        starts = [r[0] for r in self.ours]
        self.insns, self.kinds, fn, start = [], {}, "?", 0
        last, recent = Insn(0, "", "", 0), collections.deque(maxlen=24)
        text = subprocess.run([objdump, "-d", "--no-show-raw-insn", path],
                              stdout=subprocess.PIPE, check=True).stdout
        for line in text.decode(errors="replace").split("\n"):
            m = re.match(r"([0-9a-f]+) <(.*)>:$", line)
            if m:
                if not m.group(2).startswith(("$", ".L")):
                    fn, start = m.group(2), int(m.group(1), 16)
                continue
            m = re.match(r"\s*([0-9a-f]+):\s+(\S.*)$", line)
            if not m:
                continue
            # What objdump says about a far call stands in its comment.
            code, note = re.match(r"(.*?)((?:%s).*|)$" % (
                "[;@]|//" if arch == "armv7m" else "#"), m.group(2)).groups()
            if arch == "riscv64" and "<" in note and code.startswith("j"):
                code += note[note.index("<"):]
            i = Insn(int(m.group(1), 16), code.strip(), fn, start)
            if re.match(r"\.(word|short|byte|2byte|4byte)|\(bad\)", i.text):
                continue
            k = bisect.bisect_right(starts, i.at) - 1
            mark = re.match(r"mark_(\w+)$", i.fn)
            if mark and last.fn != i.fn:
                self.kinds[i.at] = "Z" if mark.group(1) == "off" else \
                    mark.group(1)
            if k >= 0 and i.at < self.ours[k][1]:
                self.insns.append(i)
                self.kinds[i.at] = KIND[arch](i, last, recent)
            elif i.at not in self.kinds:
                kind = KIND[arch](i, last, recent)
                if kind != ".":
                    self.kinds[i.at] = kind
            last = i
            recent.append(i.text)
        self.fatal = self.find_fatal()

    @staticmethod
    def map(path):
        """[(from, to)] of the code that comes from objects of ours."""
        found, name = [], None
        with open(path) as f:
            text = f.read()
        text = text[text.index("Linker script and memory map"):]
        for m in re.finditer(r"^ (\.text\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) "
                             r"(\S+\.o)$", text, re.M):
            name, size = m.group(4), int(m.group(3), 16)
            inside = re.sub(r"^.*?/(?=(kernel|arch|boot|boards|drivers|pkg)/)",
                            "", name)
            if size and inside.startswith(OURS) and "/app/" not in name:
                at = int(m.group(2), 16)
                found.append((at, at + size))
        return sorted(found)

    def find_fatal(self):
        """Addresses from which every way ends in a call that never returns."""
        arch = self.arch
        follow = {a.at: b.at for a, b in zip(self.insns, self.insns[1:])}
        goes = {}
        for i in self.insns:
            jump = re.match(JUMP[arch], i.text)
            call = re.match(CALL[arch], i.text)
            target = re.search(r"<([^>+]*)>", i.text)
            if (call or re.match(LEAVE[arch], i.text)) and target and \
                    FATAL.match(target.group(1)):
                goes[i.at] = None
            elif jump and not call:
                to = [int(jump.group(2), 16)]
                if not re.match(LEAVE[arch], i.text):
                    to.append(follow.get(i.at))
                goes[i.at] = to
            elif re.match(LEAVE[arch], i.text):
                ends = re.match(r"unimp|ud2|udf", i.text)
                goes[i.at] = None if ends else []
            else:
                goes[i.at] = [follow.get(i.at)]
        fatal, more = {a for a, to in goes.items() if to is None}, True
        while more:
            more = False
            for i in reversed(self.insns):
                to = goes[i.at]
                if i.at not in fatal and to and all(t in fatal for t in to):
                    fatal.add(i.at)
                    more = True
        return fatal

    def table(self, path):
        with open(path, "w") as f:
            for at in sorted(self.kinds):
                f.write("%x %s\n" % (at, self.kinds[at]))


def cross(arch):
    """What the tools of an architecture begin with."""
    with open("arch/%s/arch.mk" % arch) as f:
        return re.search(r"^CROSS[ \t]*=[ \t]*(\S*)", f.read(), re.M).group(1)


def paths():
    """[(name of a path, its functions)]"""
    found = []
    with open(APP + "/paths.txt") as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                name, _, fns = line.partition(":")
                found.append((name.strip(), fns.split()))
    return found


class Counts:
    KEYS = ("hit", "masked", "outside", "fatal", "not executed")

    def __init__(self):
        self.n = collections.Counter()

    def add(self, what):
        self.n[what] += 1

    def __str__(self):
        return ", ".join("%d %s" % (self.n[k], k) for k in self.KEYS)


def base(fn):
    """A function's name without what the compiler makes of it."""
    return re.sub(r"\.(isra|part|constprop|cold|lto_priv)(\.\d+)?", "", fn)


def compare(image, hits, steps, verbose):
    """Returns (complaints, figures)."""
    complaints, lines, short, second, untraced = [], [], [], [], 0
    classes, whole = {}, Counts()
    for i in image.insns:
        hit = hits.get(i.at, 0)
        opened, closed = steps.get(i.at, (0, 0))
        meant = opened & ALL
        where = "%s+%#x: %s" % (i.fn, i.at - i.start, i.text)
        # In each mode what the first interrupt moved through must have been
        # met in that mode; what one sets off, by any second one.
        first = meant & ~hit & ALL & ~TWO
        if first and not hit:
            complaints.append("not hit: " + where)
        elif first:
            short.append("not hit (%s): %s" % (" ".join(
                MODES[m] for m in range(4) if first & 1 << m), where))
        elif meant & TWO and not hit:
            second.append("not hit by a second one: " + where)
        if hit and not opened and closed:
            complaints.append("hit, but masked: " + where)
        untraced += hit != 0 and not opened and not closed
        what = "hit" if hit else "outside" if opened else \
            "masked" if closed else "fatal" if i.at in image.fatal else \
            "not executed"
        classes[i.at] = what
        whole.add(what)
    lines.append("# hit, but not in each mode: %d; only behind an interrupt, "
                 "and not hit: %d; hit, but in no traced placement: %d" % (
                     len(short), len(second), untraced))
    complaints += short
    if verbose:
        lines += ["#     " + c for c in second]
    lines.append("# all of kernel, arch, boot, drivers, pkg: %s" % whole)
    for name, fns in paths():
        counts, rest = Counts(), collections.OrderedDict()
        names = set(fns)
        for i in image.insns:
            if i.fn in names or base(i.fn) in names:
                counts.add(classes[i.at])
                if classes[i.at] in ("not executed", "outside"):
                    rest.setdefault(i.fn, []).append(i)
        lines.append("# %s: %s" % (name, counts))
        for fn, insns in rest.items() if verbose else ():
            for i in insns:
                lines.append("#     %s: %s+%#x: %s" % (
                    classes[i.at], fn, i.at - i.start, i.text))
    return complaints, lines


class Sweep:
    def __init__(self, options, arch):
        self.o, self.arch = options, arch
        self.folder = os.path.join(options.build, "sweep")

    def make(self, *words):
        command = shlex.split(self.o.make) + [
            "--no-print-directory", "-s", "BUILD=" + self.o.build,
            "ARCH=" + self.arch] + list(words)
        return subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def machine(self):
        known = self.make("print-machine")
        if known.returncode:
            sys.exit("sweep.py: the machine is not described")
        path = known.stdout.decode().split()[-1]
        return path, runner.Machine(path)

    def prepare(self):
        for words in (["newlib"], ["-j2", "image", "APP=" + APP]):
            made = self.make(*words)
            if made.returncode:
                sys.stdout.write(made.stdout.decode(errors="replace"))
                print("the image does not build")
                return 1
        os.makedirs(self.folder, exist_ok=True)
        plugin = os.path.join(self.folder, "steps.so")
        new = "%s.%d" % (plugin, os.getpid())
        if subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall",
                           "-Wextra", "-o", new,
                           APP + "/host/steps.c"]).returncode:
            print("the plugin does not build")
            return 1
        os.rename(new, plugin)
        if self.o.prepare:
            print(*self.harts())
        return 0

    def harts(self):
        """With how many harts to run: one; where the other of two can be held
        still (tests/sweep/other.c), what takes two as well."""
        if self.o.harts:
            return [self.o.harts]
        return [1, 2] if self.arch == "riscv64" else [1]

    def run(self, harts):
        o, arch = self.o, self.arch
        path, machine = self.machine()
        elf = os.path.join(os.path.dirname(path), "app", APP, "image.elf")
        image = Image(arch, elf, cross(arch) + "objdump")
        stem = os.path.join(self.folder, "%s-%d" % (arch, harts))
        image.table(stem + ".table")
        if os.path.exists(stem + ".steps"):
            os.unlink(stem + ".steps")
        start = time.monotonic()
        output, status, why, command = runner.run(
            machine, elf, harts, o.words, machine.icount, o.timeout)
        swept = time.monotonic() - start
        with open(stem + ".log", "w") as f:
            f.write("# %s\n%s" % (shlex.join(command), output))
        plugged = machine.with_words("-plugin %s,table=%s,out=%s" % (
            os.path.join(self.folder, "steps.so"), stem + ".table",
            stem + ".steps"))
        traced = runner.run(plugged, elf, harts, "%s stride=%d" % (
            o.words, TRACED), machine.icount, o.timeout)
        seconds = time.monotonic() - start
        hits, steps = {}, {}
        tests = bad = 0
        for line in output.split("\n"):
            m = re.match(r"hit ([0-9a-f]+) ([0-9a-f]+)$", line)
            if m:
                hits[int(m.group(1), 16)] = int(m.group(2), 16)
            elif not line.startswith("1.."):
                if re.match(r"(not )?ok\b", line):
                    tests += 1
                    bad += line.startswith("not")
                print(line)
        try:
            with open(stem + ".steps") as f:
                for line in f:
                    at, opened, closed = (int(w, 16) for w in line.split())
                    steps[at] = opened, closed
        except OSError:
            pass
        complaints, lines = compare(image, hits, steps, o.verbose)
        if traced[1]:
            complaints.insert(0, "the traced run ended with status %d: %s" % (
                traced[1], traced[0][-300:]))
        if not hits or not steps or status or why:
            complaints.insert(0, "the run ended with status %d%s, %d hits" % (
                status, " (%s)" % why if why else "", len(hits)))
        for line in lines:
            print(line)
        for c in complaints[:200]:
            print("# " + c)
        print("# %.1f s, %.1f s of them traced; %s.log" % (
            seconds, seconds - swept, stem))
        print("%s - every instruction%s" % (
            "not ok" if complaints else "ok",
            " # %d: %s" % (len(complaints), complaints[0])
            if complaints else ""))
        print("1..%d" % (tests + 1))
        return 1 if complaints or bad else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--archs", required=True)
    p.add_argument("--harts", type=int, default=0)
    p.add_argument("--prepare", action="store_true")
    p.add_argument("--prepared", action="store_true")
    p.add_argument("--full", action="store_true")
    p.add_argument("--words", default="")
    p.add_argument("--verbose", action="store_true")
    p.add_argument("--timeout", type=float, default=600)
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    if o.full:
        o.words += " " + FULL
    worst = 0
    for arch in o.archs.split():
        sweep = Sweep(o, arch)
        if not o.prepared and sweep.prepare():
            return 1
        if not o.prepare:
            worst = max([worst] + [sweep.run(h) for h in sweep.harts()])
    return worst


if __name__ == "__main__":
    sys.exit(main())
