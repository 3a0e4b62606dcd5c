#!/usr/bin/env python3
"""run.py tests the smallest kernel (make MINI=1, docs/size.md) on mps2-an385: it
works, and it is no larger than tests/size/limits.txt says.

    tests/size/run.py --build build [--make make] [NAME...]

It speaks TAP.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys

LIMITS = "tests/size/limits.txt"


class Failure(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failure(text)


def limits():
    """{name: bytes}"""
    with open(LIMITS, encoding="utf-8") as f:
        rows = (line.split("#")[0].split() for line in f)
        return {row[0]: int(row[1]) for row in rows if row}


class Tests:
    def __init__(self, options):
        self.o = options
        self.limits = limits()

    def make(self, *words):
        """(status, output) of make."""
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS")}
        p = subprocess.run(
            shlex.split(self.o.make) + [
                "--no-print-directory", "-s", "BUILD=" + self.o.build,
                "BOARD=mps2-an385", "MINI=1", *words],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=200)
        return p.returncode, p.stdout.decode(errors="replace")

    def run(self, app, *words):
        """The status of a program, and what was said."""
        _, output = self.make("run-qemu", "APP=" + app, "ICOUNT=6",
                              "TIMEOUT=20", *words)
        m = re.search(r"gzero: exit status (\d+)", output)
        check(m, app + ": no status:\n" + output)
        return int(m[1]), output

    def good(self, app, *words):
        status, output = self.run(app, *words)
        check(status == 0, "%s: status %d:\n%s" % (app, status, output))

    def program(self, name, body):
        path = os.path.join(os.path.abspath(self.o.build), name + ".c")
        os.makedirs(self.o.build, exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#include <go.h>\n" + body)
        return path

    # ---- Tests ------------------------------------------------------------

    def test_size(self):
        """text and rodata of all that tests/size/size.c uses, and a goroutine"""
        status, output = self.make("size", "APP=tests/size/size.c")
        check(status == 0, output)
        m = re.search(r"^scheduler: text \+ rodata\s+(\d+)$", output, re.M)
        g = re.search(r"^one goroutine: struct g (\d+)", output, re.M)
        check(m and g, "no figures in:\n" + output)
        # The canary is a goroutine's as well.
        got = {"scheduler": int(m[1]), "goroutine": int(g[1]) + 4}
        print("# " + ", ".join("%s %d of %d" % (k, got[k], self.limits[k])
                               for k in sorted(got)))
        for name, size in got.items():
            check(size <= self.limits[name], "%s: %d bytes, the limit is %d" %
                  (name, size, self.limits[name]))

    def test_runs(self):
        """tests/size/size.c, preempted, does what it says"""
        self.good("tests/size/size.c")

    def test_works(self):
        """channels, select, sync, timers and goroutines: tests/size/works.c"""
        self.good("tests/size/works.c", "CONFIG=STACK_STD=1024")

    def test_stack(self):
        """a channel loop with preemption on the smallest stack; less is told"""
        app, size = "tests/size/smallstack.c", self.limits["stack"]
        # A tick at every 110th instruction meets the deepest one, too.
        self.good(app, "CONFIG=STACK_STD=%d TICK_NS=7000" % size)
        status, output = self.run(app, "CONFIG=STACK_STD=96")
        check(status == self.number("stack overflow"),
              "on 96 bytes: status %d:\n%s" % (status, output))

    def number(self, text):
        return int(subprocess.run(["tools/errors.py", "--number", text],
                                  check=True, stdout=subprocess.PIPE).stdout)

    def test_errors(self):
        """an error is told by its number, a fault and a deadlock by theirs"""
        channel = "CHAN_STATIC(c, int, 1);\nint main(void) { int v = 1; "
        for name, body, want in (
                ("closed", channel + "chan_close(c); chan_send(c, &v); }",
                 self.number("send on closed channel")),
                ("deadlock", channel + "chan_recv(c, &v); }",
                 self.number("all goroutines are asleep - deadlock!")),
                ("panic", 'int main(void) { panic("x"); }',
                 self.number("panic")),
                ("fault", "int main(void) "
                 "{ return *(volatile int *)0xf0000001; }", 255)):
            status, output = self.run(self.program(name, body))
            check(status == want, "%s: status %d, not %d:\n%s" % (
                name, status, want, output))

    def test_table(self):
        """docs/size.md has the number of each error"""
        p = subprocess.run(
            ["tools/errors.py", "--check"], stdout=subprocess.PIPE)
        check(p.returncode == 0, "tools/errors.py --write mends it:\n" +
              p.stdout.decode())


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("names", nargs="*")
    tests = Tests(p.parse_args())
    names = [n for n in dir(tests) if n.startswith("test_") and
             (not tests.o.names or n[5:] in tests.o.names)]
    print("1..%d" % len(names))
    bad = 0
    for i, name in enumerate(names, 1):
        try:
            getattr(tests, name)()
            print("ok %d - %s" % (i, name[5:]), flush=True)
        except (Failure, subprocess.SubprocessError, OSError) as e:
            bad = 1
            said = str(e).split("\n")
            print("not ok %d - %s: %s" % (i, name[5:], said[0]))
            for line in said[1:]:
                print("# " + line)
            sys.stdout.flush()
    return bad


if __name__ == "__main__":
    sys.exit(main())
