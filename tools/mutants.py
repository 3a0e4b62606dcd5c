#!/usr/bin/env python3
"""mutants.py breaks the kernel, one thing at a time, and wants a test to fail.

    tools/mutants.py [--make make] [--build build] [--newlib DIR]
                     [--only REGEX] [--wide] [LIST...]
    tools/mutants.py --hunks     whether each hunk is still there; make check

A test that cannot fail proves nothing. The lists in tests/mutants/*.txt say
what is broken and which tests are to notice:

    mutant select-poll-in-order
    breaks select takes the first ready case: fairness is gone
    file kernel/select.c
    test riscv64/1 SelectFairness
    -		j = fastrandn(s->npoll + 1);
    +		j = s->npoll;

  mutant   its name, which --only looks at
  breaks   what goes wrong; may be continued by a second `breaks`
  file     in which file
  - + and  a hunk as of a diff: lines that go, that come, and (with one space
  space    in front, or empty) that stay around them, to make the place unique
  test     a job: ARCH/HARTS and the beginning of the names of tests in
           tests/target, under -icount as `make test` runs them; `seed=N` in
           front of the name: under that chaos; `parallel`: harts as threads
           of the host, 20 times the rounds. ARCH/HARTS exit/NAME is a
           program of tests/exit, unit/NAME a program of tests/unit.
           ARCH/HARTS seeds=N race (or torture) is tests/seeds in that build,
           once for each of the first N seeds. ARCH/HARTS soak WORDS is a
           virtual soak with these boot arguments. sim/HARTS [wild] [seed=N]
           NAME is a target test, or a program of tests/exit, on the machine
           of tests/sim; weak/NAME the kernel's code under C11's memory
           orders; size/NAME a test of tests/size, the smallest kernel's.
           Several: in that order, until one fails
  says     a regular expression: what kills it must say this, else it survived.
           For what is to be noticed by one law of the ledger
  equivalent  why no test can notice. Then none may
  open     why no test notices yet, although one might: it survives, but is no
           reason for a bad end

What always holds:
  - Nothing is done to the tree: it is copied to BUILD/mutants, and only what a
    mutant changes is compiled anew there.
  - All tests that are named must pass before any mutant counts.
  - A hunk that does not occur exactly once, a mutant that does not compile and
    one that is said to be equivalent but is killed are errors: the lists must
    not rot.
  - A test fails by saying so, by a panic or a fatal error, or by the runner's
    patience: 5 s more than ten times what it took before.

A mutant that no test notices is run against the whole image too if --wide is
given: what kills it then should be named in the list.

The last line is `N killed, M survived`; the status is 1 if one survived that is
neither equivalent nor open, or there was an error.
"""

import argparse
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

import test as suite

WIDE = ("riscv64/1", "riscv64/4", "riscv64/1 seed=1", "riscv64/4 seed=2")
SOAK = "tests/soak"
SKIP = (".git", "__pycache__", "build")


class Broken(Exception):
    """The list is wrong, or the tree."""


class Mutant:
    def __init__(self, name, where):
        self.name, self.where = name, where
        self.breaks, self.tests, self.hunk = [], [], []
        self.file = self.equivalent = self.open = self.says = None

    def texts(self):
        """(what the file has, what it gets)."""
        old = [h[1:] for h in self.hunk if h[0] in " -"]
        new = [h[1:] for h in self.hunk if h[0] in " +"]
        return "\n".join(old) + "\n", "".join(line + "\n" for line in new)

    def apply(self, text):
        old, new = self.texts()
        n = ("\n" + text).count("\n" + old)
        if n != 1:
            raise Broken("%s: occurs %d times in %s" % (self.where, n,
                                                       self.file))
        return ("\n" + text).replace("\n" + old, "\n" + new)[1:]


def read_list(path):
    mutants, blank = [], 0
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line, where = line.rstrip("\n"), "%s:%d" % (path, number)
            if line.startswith("#"):
                continue
            if not line:
                blank += 1
                continue
            if line[0] in "-+ ":
                hunk = mutants[-1].hunk
                hunk += [" "] * (blank if hunk else 0) + [line]
                blank = 0
                continue
            blank = 0
            word, _, rest = line.partition(" ")
            if word == "mutant":
                mutants.append(Mutant(rest, where))
            elif word == "file":
                mutants[-1].file = rest
            elif word == "breaks":
                mutants[-1].breaks.append(rest)
            elif word == "test":
                mutants[-1].tests.append(rest)
            elif word == "open":
                mutants[-1].open = " ".join(
                    filter(None, (mutants[-1].open, rest)))
            elif word == "says":
                mutants[-1].says = rest
            elif word == "equivalent":
                mutants[-1].equivalent = " ".join(
                    filter(None, (mutants[-1].equivalent, rest)))
            else:
                raise Broken("%s: what is `%s`?" % (where, word))
    for m in mutants:
        if not (m.file and m.hunk and m.breaks and m.tests):
            raise Broken("%s: file, breaks, test and a hunk are needed" %
                         m.where)
    return mutants


def misplaced(m):
    """What is wrong with m's hunk, or None."""
    try:
        with open(m.file) as f:
            m.apply(f.read())
    except (Broken, OSError) as e:
        return str(e)
    return None


def copy_tree(to):
    """Brings the copy up to date; what is the same keeps its time."""
    wanted = set()
    for folder, folders, files in os.walk("."):
        folders[:] = [f for f in folders if f not in SKIP]
        for f in files:
            path = os.path.normpath(os.path.join(folder, f))
            wanted.add(path)
            copy = os.path.join(to, path)
            with open(path, "rb") as g:
                new = g.read()
            try:
                with open(copy, "rb") as g:
                    if g.read() == new:
                        continue
            except OSError:
                os.makedirs(os.path.dirname(copy), exist_ok=True)
            with open(copy, "wb") as g:
                g.write(new)
            shutil.copymode(path, copy)
    for folder, folders, files in os.walk(to):
        folders[:] = [f for f in folders if f not in SKIP]
        for f in files:
            path = os.path.join(folder, f)
            if os.path.relpath(path, to) not in wanted:
                os.unlink(path)


def program(name):
    """Of exit/NAME: the file that says what to expect, and the program."""
    source = "tests/%s.c" % name
    if not os.path.exists(source):
        source = "tests/%s.session" % name
    return source, suite.header(source).get("app", [source])[0]


def sim_command(test):
    """The command of sim/HARTS [wild] [seed=N] NAME."""
    words = test.split()
    name, seed = words[-1], "1"
    for w in words[1:-1]:
        seed = w[5:] if w.startswith("seed=") else seed
    how = ["-n" + words[0].split("/")[1], "-s" + seed] + \
        ["-w"] * ("wild" in words)
    if name.startswith("exit/"):
        keys = suite.header("tests/%s.c" % name)
        return ["build/sim/asan/exits"] + how + [name[5:]] + \
            " ".join(keys.get("args", [])).split()
    return ["build/sim/asan/sim"] + how + ["seed=" + seed, "run=" + name] + \
        ["clock=virtual"] * ("wild" not in words)


def expectation(keys):
    """What the first comments of a program of tests/exit want to see."""
    expect = suite.Expect()
    expect.status = int(keys.get("expect-status", ["0"])[0])
    expect.find = keys.get("expect", [])
    expect.never = keys.get("expect-not", [])
    expect.last = keys.get("expect-last", [None])[0]
    return expect


def seed_words(test):
    """What make is told for a test with seeds."""
    return ["ARCH=" + test.split("/")[0], test.split()[-1].upper() + "=1"]


class Bench:
    """The copy of the tree: builds there, and runs."""

    def __init__(self, options):
        self.o = options
        self.machines, self.patience = {}, {}

    def make(self, *words):
        p = subprocess.run(
            shlex.split(self.o.make) + [
                "-s", "--no-print-directory", "BUILD=build",
                "NEWLIB_CACHE=" + self.o.newlib, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return p.returncode, p.stdout.decode(errors="replace")

    def machine(self, *words):
        if words not in self.machines:
            status, output = self.make("print-machine", *words)
            if status:
                raise Broken(output)
            self.machines[words] = output.split()[-1]
        return self.machines[words]

    def build(self, tests):
        """Builds what the tests need; what went wrong, or None."""
        apps = {}
        for t in tests:
            where, name = t.split()[0], t.split()[-1]
            if " seeds=" in t:
                status, output = self.make(
                    "-j%d" % self.o.jobs, "image", "APP=" + suite.SEEDS,
                    *seed_words(t))
                if status:
                    return output
            elif where.startswith(("weak/", "size/")):
                continue  # it builds itself
            elif where.startswith("sim/"):
                apps.setdefault("", set()).add(sim_command(t)[0])
            elif where.startswith("unit/"):
                apps.setdefault("", set()).add("build/" + where)
            else:
                apps.setdefault(where.split("/")[0], set()).add(
                    SOAK if t.split()[1] == "soak" else
                    program(name)[1] if name.startswith("exit/")
                    else suite.TARGET)
        for arch, names in apps.items():
            words = sorted(names) if arch == "" else [
                "images", "ARCH=" + arch, "APPS=" + " ".join(sorted(names))]
            status, output = self.make("-j%d" % self.o.jobs, *words)
            if status:
                return output
        return None

    def job(self, test):
        words = test.split()
        where = words[0]
        if where.startswith("unit/"):
            return suite.Job(where, command=["build/" + where], timeout=300)
        if where.startswith("size/"):
            return suite.Job(test, timeout=300, command=[
                sys.executable, "tests/size/run.py", "--make",
                "%s NEWLIB_CACHE=%s" % (self.o.make, self.o.newlib),
                where[5:]])
        if where.startswith("weak/"):
            return suite.Job(test, timeout=300, command=[
                sys.executable, "tests/weak/run.py", "--no-mutants", "--only",
                "^%s$" % where[5:]])
        if where.startswith("sim/"):
            expect = words[-1].startswith("exit/") and expectation(
                suite.header("tests/%s.c" % words[-1])) or None
            return suite.Job(test, command=sim_command(test), timeout=300,
                             expect=expect)
        arch, harts = where.split("/")
        if words[1].startswith("seeds="):
            path = self.machine(*seed_words(test))
            return suite.Job(
                test, machine=suite.runner.Machine(path), harts=int(harts),
                image=os.path.join(os.path.dirname(path), "app", suite.SEEDS,
                                   "image.elf"), most=1, timeout=60,
                words=" ".join(seed_words(test)),
                seeds=range(1, int(words[1][6:]) + 1))
        harts, path = int(harts), self.machine("ARCH=" + arch)
        machine = suite.runner.Machine(path)
        folder = os.path.join(os.path.dirname(path), "app")
        self.o.only, self.o.seeds = words[-1], 0
        self.o.soak = self.o.torture = False
        s = suite.Suite(self.o)
        if words[1] == "soak":
            return suite.Job(
                test, machine=machine, harts=harts, timeout=300,
                image=os.path.join(folder, SOAK, "image.elf"),
                args=" ".join(words[2:]), expect=suite.Expect())
        if words[-1].startswith("exit/"):
            source, app = program(words[-1])
            self.o.only = ""
            s.exit(machine, harts, source, suite.header(source),
                   os.path.join(folder, app, "image.elf"), None)
            return s.jobs[0]
        image = os.path.join(folder, suite.TARGET, "image.elf")
        s.target(machine, harts, image, None, True, False)
        job = s.jobs[0]
        if words[1] == "parallel":
            job.typed = True  # no -icount: harts are threads
            job.args = "gz.seed=7 seed=7 scale=20 run=" + words[-1]
        elif len(words) == 3:
            seed = int(words[1].split("=")[1])
            low, high = suite.CHAOS[seed % len(suite.CHAOS)]
            job.args = "gz.seed=%d gz.chaos=%d,%d seed=%d chaos=1 " \
                "clock=virtual run=%s" % (
                    seed, harts * low << machine.icount,
                    harts * high << machine.icount, seed, words[-1])
        return job

    def run(self, test):
        """Returns what failed, or None."""
        job = self.job(test)
        job.timeout = min(job.timeout, 5 + 10 * self.patience.get(test, 60))
        result = suite.perform(job)
        if test not in self.patience:
            self.patience[test] = result.seconds
        for ok, name, why in result.tests:
            if not ok:
                return "%s: %s" % (test, " ".join(w for w in (name, why) if w))
        if not result.tests or job.expect is None and not job.command and \
                not job.seeds and all(
                "# SKIP" in name for _, name, _ in result.tests):
            return "%s: nothing ran" % test
        return None

    def baseline(self, mutants):
        tests = sorted({t for m in mutants for t in m.tests})
        print("# without a mutant: %d jobs" % len(tests), flush=True)
        wrong = self.build(tests)
        if wrong:
            raise Broken("the tree does not build:\n" + wrong)
        wrong = [w for w in map(self.run, tests) if w]
        if wrong:
            raise Broken("without a mutant fails\n" + "\n".join(wrong))

    def verdict(self, m):
        """Returns what killed m, or None."""
        with open(m.file) as f:
            text = f.read()
        mutated = m.apply(text)
        tests = list(m.tests)
        try:
            with open(m.file, "w") as f:
                f.write(mutated)
            wrong = self.build(tests)
            if wrong:
                raise Broken("%s: does not compile:\n%s" % (m.where, wrong))
            for t in tests:
                failed = self.run(t)
                if failed and m.says and not re.search(m.says, failed):
                    print("# %s: does not say %s: %s" % (m.name, m.says,
                                                         failed), flush=True)
                elif failed:
                    return failed
            if self.o.wide and not m.equivalent:
                wrong = self.build(["riscv64/1 all"])
                for where in WIDE:
                    failed = self.run(where + " all")
                    if failed:
                        print("# noticed elsewhere: " + failed, flush=True)
                        break
            return None
        finally:
            with open(m.file, "w") as f:
                f.write(text)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--newlib", default="build")
    p.add_argument("--only", default="")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--wide", action="store_true")
    p.add_argument("--hunks", action="store_true")
    p.add_argument("lists", nargs="*")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS", "ONLY"):
        os.environ.pop(name, None)
    o.newlib = os.path.abspath(o.newlib)
    killed = survived = equivalent = open_ = errors = 0
    start = time.monotonic()
    try:
        mutants = [m for path in (o.lists or
                                  sorted(glob.glob("tests/mutants/*.txt")))
                   for m in read_list(path) if re.search(o.only, m.name)]
        wrong = list(filter(None, map(misplaced, mutants)))
        if wrong:  # before anything is built
            raise Broken("\n".join(wrong))
        if o.hunks:
            print("%d mutants" % len(mutants))
            return 0
        copy = os.path.join(o.build, "mutants")
        copy_tree(copy)
        os.chdir(copy)
        o.build = "build"
        bench = Bench(o)
        bench.baseline(mutants)
    except (Broken, OSError) as e:
        print("error: %s" % e)
        return 1
    for m in mutants:
        try:
            by = bench.verdict(m)
        except Broken as e:
            print("%s: error: %s" % (m.name, e))
            errors += 1
            continue
        if by and not m.equivalent:
            print("%s: killed by %s" % (m.name, by))
            killed += 1
        elif by:
            print("%s: error: not equivalent: killed by %s" % (m.name, by))
            errors += 1
        elif m.equivalent:
            print("%s: equivalent: %s" % (m.name, m.equivalent))
            equivalent += 1
        else:
            print("%s: SURVIVED%s: %s" % (
                m.name, m.open and " (open: %s)" % m.open or "",
                " ".join(m.breaks)))
            survived += 1
            open_ += m.open is not None
        sys.stdout.flush()
    print("# %.0f s%s" % (time.monotonic() - start, equivalent and
                          ", %d equivalent" % equivalent or ""))
    if errors:
        print("%d errors" % errors)
    print("%d killed, %d survived" % (killed, survived))
    return 1 if survived > open_ or errors or not killed + equivalent else 0


if __name__ == "__main__":
    sys.exit(main())
