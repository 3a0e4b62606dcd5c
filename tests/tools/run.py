#!/usr/bin/env python3
"""run.py tests what the build tells about images: size, stack-report and
wxcheck, and what an architecture has to have.

    tests/tools/run.py --build build --arch riscv64 [--make make] [NAME...]

It speaks TAP. Images are made by make as everybody makes them, a broken one by
giving make a linker script of its own, so that what is tested is the link rule
and not only the tool behind it.
"""

import argparse
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile
import traceback

PROGRAM = "examples/pingpong.c"


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failure(text)


class Tests:
    def __init__(self, options, scratch):
        self.o, self.scratch = options, scratch

    # ---- Help -----------------------------------------------------------

    def make(self, *words):
        """(status, output) of make."""
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS")}
        p = subprocess.run(
            shlex.split(self.o.make) + ["--no-print-directory", "-s",
                                        "BUILD=" + self.o.build,
                                        "ARCH=" + self.o.arch, *words],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300)
        return p.returncode, p.stdout.decode(errors="replace")

    def machine(self):
        status, output = self.make("print-machine")
        check(status == 0, output)
        return output.split()[-1]

    def image(self, app, *words):
        """Path of the image of a program, which is built."""
        status, output = self.make("image", "APP=" + app, *words)
        check(status == 0, "%s does not build:\n%s" % (app, output))
        return os.path.join(os.path.dirname(self.machine()), "app", app,
                            "image.elf")

    def program(self, name, text):
        """Path of a program outside the tree."""
        path = os.path.join(self.scratch, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def refused(self, what, *words):
        """The output of a link that must fail and leave no image."""
        status, output = self.make("image", *words)
        check(status != 0, "%s: make built it all the same" % what)
        left = glob.glob(os.path.join(os.path.dirname(self.machine()), "out",
                                      self.scratch.lstrip("/"), "**/image.elf"),
                         recursive=True)
        check(not left, "%s: the image is still there" % what)
        return output

    # ---- size -------------------------------------------------------------

    def table(self, *words):
        """{first words of a line: [number]} of what make size prints."""
        status, output = self.make("size", "APP=" + PROGRAM, *words)
        check(status == 0, output)
        rows = {}
        for line in output.split("\n"):
            m = re.match(r"(\S.*?|  \S+)((?:\s+\d+){4})$", line)
            if m:
                rows[m[1]] = [int(n) for n in m[2].split()]
        return rows

    def test_size_adds_up(self):
        """size's sums are those of binutils, room by room and in all"""
        image = self.image(PROGRAM)
        rows = self.table()
        text, data, bss = (int(n) for n in subprocess.run(
            ["size", image], check=True, stdout=subprocess.PIPE).stdout.decode(
            ).split("\n")[1].split()[:3])
        total = rows["total"]
        check(total[0] + total[1] == text and total[2:] == [data, bss],
              "total %s, size says %d %d %d" % (total, text, data, bss))
        rooms = [rows[r] for r in (
            "kernel", "arch", "boot", "drivers", "boards", "pkg", "libc",
            "app", "newlib", "libgcc", "symbols", "alignment") if r in rows]
        check([sum(c) for c in zip(*rooms)] == total,
              "the rooms are %s, not %s" % (
                  [sum(c) for c in zip(*rooms)], total))
        for name in ("kernel", "arch", "boot", "app", "newlib"):
            check(rows[name][0] > 0, "no code in " + name)

    def test_size_files(self):
        """the files of a room add up to the room"""
        rows = self.table("V=1")
        files = [n for k, n in rows.items() if k.startswith("  kernel/")]
        check(len(files) > 10, "only %d files" % len(files))
        check([sum(c) for c in zip(*files)] == rows["kernel"],
              "kernel's files are not kernel's sum")

    def test_size_pools(self):
        """what a pool holds is the size of its array in the symbol table"""
        image = self.image(PROGRAM)
        symbols = {}
        for line in subprocess.run(
                ["nm", "-S", image], check=True,
                stdout=subprocess.PIPE).stdout.decode().split("\n"):
            words = line.split()
            if len(words) == 4:
                symbols[words[3]] = int(words[1], 16)
        rows = self.table()
        arrays = {"g (NG)": "allg", "channel (NCHAN)": "chans",
                  "panic (NPANIC)": "panics", "reent (NREENT)": "reents"}
        arrays.update({"stack class %d (STACK%d_COUNT)" % (i, i):
                       "stacks%d" % i for i in range(4)})
        for pool, array in arrays.items():
            check(pool in rows, "no pool " + pool)
            each, guard, n, total = rows[pool]
            check(total == symbols[array] == (each + guard) * n,
                  "%s: %s, but %s has %d bytes" % (pool, rows[pool], array,
                                                   symbols[array]))

    # ---- Small boards -----------------------------------------------------

    def smallest(self):
        """{what make says} of the architecture's smallest board with flash."""
        status, output = self.make("print-boards")
        check(status == 0, output)
        found = []
        for board in output.split():
            status, path = self.make("print-machine", "BOARD=" + board)
            check(status == 0, path)
            with open(path.split()[-1]) as f:
                m = dict(x.rstrip("\n").split("=", 1) for x in f)
            if m["flash_size"]:
                found.append((int(m["ram_size"], 0), board, m))
        if not found:
            raise Skip("no board with flash")
        return min(found, key=lambda x: x[0])[2]

    def test_size_chip(self):
        """the bytes of flash and RAM add up to the image, and to the chip"""
        m = self.smallest()
        status, output = self.make("size", "BOARD=" + m["board"])
        check(status == 0, output)
        image = os.path.join(self.o.build, m["board"], "app", m["app"],
                             "image.elf")
        text, data, bss = (int(n) for n in subprocess.run(
            ["size", image], check=True, stdout=subprocess.PIPE).stdout.decode(
            ).split("\n")[1].split()[:3])
        said = re.split(r"^(flash|RAM) +bytes.*", output, flags=re.M)
        check(said[1::2] == ["flash", "RAM"], output)
        for part, whole, least in ((said[2], "flash_size", text + data),
                                   (said[4], "ram_size", data + bss)):
            rows = re.findall(r"^(\S.*?) {2,}(\d+)(?:  |$)", part, re.M)
            used = [int(n) for name, n in rows if name == "used"]
            total = sum(int(n) for name, n in rows if name != "used")
            gaps = sum(int(n) for name, n in rows
                       if name == "between sections")
            check(used == [total] and total == least + gaps,
                  "%s: used %s, the rows %d, the image %d" % (
                      whole, used, total, least))
            last = re.search(r"of (\d+), (-?\d+) left", part)
            check(int(last[1]) == int(m[whole], 0) and
                  int(last[2]) == int(last[1]) - total, last[0])

    def test_too_large(self):
        """an image that does not fit names the board and the setting"""
        m = self.smallest()
        words = ["image", "BOARD=" + m["board"],
                 "BUILD=" + os.path.join(self.o.build, "toolarge"),
                 "CONFIG=NG=250"]
        status, output = self.make(*words)
        check(status != 0, "it fits all the same")
        said = re.findall(r"^%s: the image needs (\d+) bytes of RAM, the board "
                          r"has (\d+); lower NG " % m["board"], output, re.M)
        check(len(said) == 1 and int(said[0][1]) == int(m["ram_size"], 0) <
              int(said[0][0]), output)

    # ---- stack-report -------------------------------------------------------

    def stacks(self, *words, status=0):
        """({entry: (stack, worst, bounded, measured, verdict)}, output)"""
        if self.o.arch == "template":
            raise Skip
        got, output = self.make("stack-report", "APP=tests/tools/stack.c",
                                "HARTS=1", "ICOUNT=%d" % self.icount(),
                                "TIMEOUT=60", *words)
        check((got == 0) == (status == 0), "status %d\n%s" % (got, output))
        rows = {}
        for m in re.finditer(r"^(\w+) +(\d+|-) +(>=)?(\d+) +(\d+|-) +"
                             r"(?:\d+|-)  (.*)$", output, re.M):
            rows[m[1]] = (int(m[2].replace("-", "0")), int(m[4]), not m[3],
                          int(m[5].replace("-", "0")), m[6])
        check(rows, output)
        return rows, output

    def icount(self):
        with open(self.machine()) as f:
            return int(re.search(r"^icount=(\d+)", f.read(), re.M)[1])

    def test_stack_bounds(self):
        """what is known of stacks is what the report says"""
        rows, output = self.stacks()
        preempt = int(re.search(r"has (\d+) bytes for a preemption",
                                output)[1])
        check(re.search(r"[1-9]\d\d frames and [1-9]\d\d calls compared",
                        output), output)
        for name in ("leaf", "calls_deep", "tail_calls", "defers", "catches",
                     "recovers", "copied", "spins", "runtime_main"):
            _, worst, bounded, measured, verdict = rows[name]
            check(bounded and verdict.startswith("ok") and
                  0 < measured <= worst, "%s: %s" % (name, rows[name]))
        # Deeper than an ending goroutine, so exact but for the preemption.
        for name in ("calls_deep", "tail_calls"):
            _, worst, _, measured, _ = rows[name]
            check(1000 <= measured < 1100 and
                  worst - measured - preempt <= 48,
                  "%s: %s" % (name, rows[name]))
        for name in ("defers", "catches", "recovers"):
            check(rows[name][3] > 5000, "%s: %s" % (name, rows[name]))
        check(400 <= rows["copied"][1] - rows["leaf"][1] <= 416,
              "copied: %s, leaf: %s" % (rows["copied"], rows["leaf"]))
        check("not known" not in output, output)

    def test_stack_unbounded(self):
        """what has no bound is named"""
        rows, output = self.stacks("STACK_OPTIONS=--why recurses")
        for name, why in (("recurses", "recursion: fold -> fold"),
                          ("by_pointer", "pointer call in by_pointer"),
                          ("has_array", "alloca in has_array")):
            check(not rows[name][2] and
                  rows[name][4] == "not bounded: " + why,
                  "%s: %s" % (name, rows[name]))
        check("recursion in fold -> fold: recurses -> fold" in output, output)
        for name in ("either", "other", "never"):
            check(rows[name][4] == "never ran" and rows[name][2],
                  "%s: %s" % (name, rows[name]))

    def test_stack_calls(self):
        """a pointer call that is explained has a bound"""
        rows, _ = self.stacks("STACK_OPTIONS=--calls by_pointer=deeper")
        _, worst, bounded, measured, verdict = rows["by_pointer"]
        check(bounded and verdict == "ok" and 5000 < measured <= worst,
              "%s" % (rows["by_pointer"],))

    def test_stack_wrong(self):
        """a bound below what is measured is an error"""
        rows, output = self.stacks("STACK_OPTIONS=--calls by_pointer=deep",
                                   status=1)
        check(rows["by_pointer"][4].startswith("WRONG") and
              "A BOUND IS WRONG" in output, output)
        check(rows["calls_deep"][4] == "ok", output)

    def test_stack_preempted(self):
        """the frame of a preemption is within the bound"""
        shift = self.icount()
        before, _ = self.stacks()
        rows, output = self.stacks("ARGS=gz.seed=3 gz.chaos=%d,%d" % (
            3000 << shift, 9000 << shift))
        check(any(rows[n][3] >= before[n][3] + 60 for n in before), output)
        check(all(r[4].startswith("ok") for r in rows.values() if
                  r[2] and r[0]), output)

    # ---- small pools ------------------------------------------------------

    def test_pools(self):
        """pools of one, two and three give that many, again and again"""
        if self.o.arch == "template":
            raise Skip
        status, output = self.make(
            "run-qemu", "APP=tests/tools/pools.c", "HARTS=1", "TIMEOUT=60",
            "ICOUNT=%d" % self.icount(), "BUILD=%s/small" % self.o.build,
            "CONFIG=NG=4 NCHAN=3 CHANBUF_BYTES=64 NPANIC=2 NREENT=1 NLOCK=3 "
            "STACK0_COUNT=1 STACK3_COUNT=1")
        check(status == 0, output)
        line = "3 channels, 1 of 64, 2 of 32, 0 of 65 bytes; " \
            "3 goroutines, 1 small; a panic\n"
        check(output.replace("\r", "").count(line) == 3, output)

    # ---- the contract of an architecture ---------------------------------

    # What a throw needs itself, and what is right as it stands: these do not
    # throw in the template.
    TAME = {"arch_unwindhere", "arch_ncpu", "arch_cpuid", "procyield",
            "nanotime", "arch_halt", "arch_bootargs", "arch_ram", "arch_putc",
            "arch_getc", "board_init"}

    # What a board may define, or an architecture: the kernel has a default, or
    # calls it only where a setting asks for it.
    HOOKS = {"arch_reset", "arch_cpusleep", "board_resetreason",
             "board_watchdog", "board_sleep"}

    def contract(self):
        """Names of the functions that an architecture has to have."""
        with open("include/arch.h") as f:
            text = f.read()
        ours, upcalls, rest = re.split(
            r"// ---- (?:What an arch calls|Stack guards) .*", text)
        found = set(re.findall(r"^[a-z_A-Z][^/\n(]*?\**(\w+)\([^;]*?\);",
                               ours + rest, re.M))
        check(len(found) > 25, "only %s" % found)
        check(self.HOOKS < found, "not in arch.h: %s" % (self.HOOKS - found))
        return found - self.HOOKS

    def test_contract(self):
        """every function of arch.h is there"""
        objects = []
        image = self.image(PROGRAM)
        base = os.path.dirname(self.machine())
        for room in ("arch", "boot", "drivers", "boards"):
            objects += glob.glob("%s/%s/**/*.o" % (base, room),
                                 recursive=True)
        names = set(subprocess.run(
            ["nm", "-g", "--defined-only", *objects], check=True,
            stdout=subprocess.PIPE).stdout.decode().split())
        missing = self.contract() - names
        check(not missing, "missing: %s" % sorted(missing))
        if self.o.arch == "template":
            with open(image, "rb") as f:
                data = f.read()
            for o in objects:
                with open(o, "rb") as f:
                    data += f.read()
            silent = [n for n in self.contract() - self.TAME if
                      b"template: %s is to be written" % n.encode()
                      not in data]
            check(not silent, "these do not throw: %s" % silent)

    def test_contract_files(self):
        """every file of arch/template has its like"""
        def files(arch):
            return {os.path.relpath(p, "arch/" + arch) for p in glob.glob(
                "arch/%s/**" % arch, recursive=True) if os.path.isfile(p) and
                (not p.endswith(".h") or "/arch_" in p)}
        missing = files("template") - files(self.o.arch)
        check(files("template") and not missing, "arch/%s has no %s" % (
            self.o.arch, sorted(missing)))

    # ---- wxcheck ------------------------------------------------------------

    def script(self, name, pattern, replacement):
        """Path of the board's linker script with one change."""
        with open("linker/%s.ld" % self.o.arch) as f:
            text = f.read()
        changed, n = re.subn(pattern, replacement, text, count=1, flags=re.M)
        check(n == 1, "%s: the script has no %s" % (name, pattern))
        return self.program(name, changed)

    def test_wx_segment(self):
        """a segment that is writable and executable does not link"""
        app = self.program("segment.c", "int main(void) { return 0; }\n")
        for what, pattern in (
                ("data that may be executed", r"^(\tdata PT_LOAD FLAGS)\(6\)"),
                ("text that may be written", r"^(\ttext PT_LOAD FLAGS)\(5\)")):
            script = self.script("bad.ld", pattern, r"\1(7)")
            output = self.refused(what, "APP=" + app, "LDSCRIPT=" + script)
            check("is writable and executable" in output, output)

    def test_wx_placement(self):
        """data in the segment of the code does not link"""
        app = self.program("placement.c", "int main(void) { return 0; }\n")
        script = self.script("bad.ld", r"\} (>RAM AT>FLASH )?:data$",
                             r"} \1:text")
        output = self.refused("data among code", "APP=" + app,
                              "LDSCRIPT=" + script)
        # armv7m's ld leaves .data out of a segment that is for flash.
        check(re.search(r"section \.data is (writable, its segment executable|"
                        r"in no segment)", output), output)

    def test_wx_section(self):
        """a section that an object wants both ways does not link"""
        app = self.program(
            "section.c",
            '__asm__(".section evil, \\"awx\\"\\n"\n'
            '        ".globl word\\nword: .long 0\\n.text");\n'
            "extern int word;\n"
            "int main(void) { return word; }\n")
        output = self.refused("a section", "APP=" + app)
        # armv7m's script has no place for it at all.
        check(re.search(r"section evil (is writable and executable|LMA .* "
                        r"overlaps)", output), output)

    def test_wx_good(self):
        """what links has passed the check itself"""
        app = self.program("good.c", "int main(void) { return 0; }\n")
        status, output = self.make("image", "APP=" + app)
        check(status == 0, output)
        image = os.path.join(os.path.dirname(self.machine()),
                             "out" + app, "image.elf")
        status = subprocess.run(["tools/wxcheck.py", image]).returncode
        check(status == 0, "wxcheck refuses what make has linked")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--arch", required=True)
    p.add_argument("name", nargs="*")
    o = p.parse_args()
    names = [n for n in vars(Tests) if n.startswith("test_") and (
        not o.name or n[5:] in o.name)]
    print("1..%d" % len(names))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gztools.") as scratch:
        tests = Tests(o, os.path.realpath(scratch))
        for i, name in enumerate(names, 1):
            test = getattr(tests, name)
            try:
                test()
                print("ok %d - %s: %s" % (i, name[5:], test.__doc__))
            except Skip:
                print("ok %d - %s # SKIP nothing runs it" % (i, name[5:]))
            except Exception as e:  # any other is a failure, too
                failed += 1
                print("not ok %d - %s: %s" % (i, name[5:], test.__doc__))
                text = str(e) if isinstance(e, Failure) else \
                    traceback.format_exc()
                for line in text.rstrip("\n").split("\n"):
                    print("# " + line)
            sys.stdout.flush()
        # What was built outside the tree goes with its sources.
        subprocess.run(["rm", "-rf", os.path.join(
            os.path.dirname(tests.machine()), "out", scratch.lstrip("/"))])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
