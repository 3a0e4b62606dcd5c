#!/usr/bin/env python3
"""test.py runs every test and ends in one line, `N passed, N failed`.

    tools/test.py --make make --build build --archs "riscv64 armv7m x86_64"
                  [--only REGEX] [--seeds N] [--soak] [--torture]

What it runs, two at a time, printing in order:
  unit/<name>   tests/unit/<name>.c on this machine, with the sanitizers
  model         the SPIN models, tests/model/run.sh
  sim/<harts> ...   the kernel on this machine (tests/sim) with the target tests,
                under the sanitizers: target and wild in the ordinary build,
                torture, tsan (data races); in a soak many seeds of each. exit/<name> is what of
                tests/exit can run there, fuzz calls against a model
  <arch>/<harts> target      the image of tests/target/, one TAP stream, under
                -icount: the same instructions in every run
  <arch>/<harts> chaos seed=S   the same under seeded random interrupts
  <arch>/<harts> exit/<name>    tests/exit/<name>.c, a program that ends the
                machine in some way; what to expect is in its first comments
  <arch>/<harts> tour        examples/tour.c against tests/tour.expect
  <board>/example NAME   what `make run-qemu BOARD=` runs by itself, on each board
                in QEMU that is not its architecture's first, against
                tests/NAME.expect
  <board>/target, <board>/core   the board's TESTS (board.mk): tests/target, or
                tests/core where little RAM is; the latter also with chaos
  <board>/input    lines typed into the board's UART
  <board>/layout   where the image is, on boards that start from flash
                (tools/layout.py), those that QEMU does not have included
  <board>/1 target, chaos, tour     the same on MORE_BOARDS
  <board>/1 depth/<name>    tests/depth/<name>.c: what a board may switch on
                (DEPTH), in a build of its own; comments as in tests/exit, and
                `board: NAMES` (mps2-an385 if absent)
  <arch> tools  tests/tools/run.py: what the build says about images
  bench/<arch>  tools/counts.py: no operation of the scheduler takes more than 2 %
                more instructions than bench/baseline.json says; bench/compare:
                that it would be seen; bench/listing: what make bench-listings
                writes
  armv7m size   tests/size/run.py: the smallest kernel (make MINI=1) works and is
                no larger than tests/size/limits.txt says
  gdb/<arch>    tests/gdb/run.py: gdb-multiarch with tools/gdb/gzero.py
  <arch>/<harts> torture ...    target, chaos, exit and tour in the torture build
                (kernel/torture.c): all of it with --torture, which leaves out
                the rest, else only the target tests
  <arch>/4 parallel     target once more, in a soak: each hart a thread of the
                host, which finds what is not atomic and repeats nothing. SEEDS
                is its seed, and so many times the rounds it has
  <arch>/4 seeds race|torture   tests/seeds/ once for each of many seeds (SEEDS_RUN; in a
                soak 20 times --seeds), which are the schedule: odd seeds in the
                build with RACE=1, even ones in the torture build. One line; a
                seed that fails is printed with the command that repeats it. The
                first seed must leave the same trace twice, the others
                different ones; together they must pass each RACE_POINT
  <arch>/<harts> sweep  tests/sweep: an interrupt at every instruction
                (tools/sweep.py)
  hil/<board>   a board's tests on the stand-in bench: make hil BENCH=qemu
  hil/drills    what may go wrong on a bench (tests/hil), and hil/tools: what flashes
                and watches a board, as far as that goes without one
  <arch> soak   an hour of virtual time that crosses 2^32 ms, tests/soak
  <arch> coverage    tools/cover.py: how much of the kernel's machine code the
                target image's tests run, against tests/plugin/floor.txt
  <arch> api    tools/apimatrix.py: every call of go.h in every context; whole
                on the first machine and in a soak

--only REGEX takes the jobs whose name matches; if it matches none, it goes to
the target image, where it is the beginning of the names of tests.

A test program speaks TAP: `1..N`, `ok 1 - name`, `not ok 2 - name: why`. A plan
that is not kept, a status that is not 0 with no test to blame, a timeout and a
build that fails are failures too. Whatever fails leaves its command line and
its whole output in build/test-logs/.

A program of tests/exit that ends in order must leave a ledger that balances
(kernel/ledger.c, tests/exit/with), else its status is 2. Comments at the top of
tests/exit/*.c (all optional, `// key: value`):
  expect-status: 2     the exit status; 0 if absent
  expect: REGEX        must be found in the output (^ and $ match at lines);
                       may be given several times
  expect-not: REGEX    must not be found anywhere
  expect-last: TEXT    the last line of the output
  harts: 1 4           harts to run with; 1 and 4 if absent
  args: TEXT           boot arguments
  qemu: TEXT           more words for QEMU's command line, -m 6G for instance
  input: TEXT          typed in (\\n, \\x04 ...), followed by its end
  type: REGEX => TEXT  or a dialogue: TEXT is typed in when the output behind the
                       last REGEX has this one, in the order of these lines;
                       =>N TEXT types it N times; no end follows. With input
                       or type, time is the host's and not virtual
  refuse: N            torture build: run it again and again, with the first
                       request to a pool refused, with the second one, and so
                       on until none is left (N at most, in a test that is not
                       all torture). Each run must end as it should, or with
                       the fatal error that names a pool's setting
  icount: SHIFT        another pace of the virtual clock than the machine's: 2^SHIFT
                       ns an instruction, 10 at most
  torture: only        only in the torture build (DEBUG is on in it)
  only-arch: NAMES     only on these
  board: NAMES         also on these (MORE_BOARDS)
  timeout: SECONDS     60 if absent
A tests/exit/*.session is such comments alone, with `app: FILE` for the program.
"""

import argparse
import ctypes
import glob
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import run as runner

HARTS = (1, 4)
TARGET = "tests/target"
TOUR = "examples/tour.c"
# How a program ends that found a pool exhausted, and could not go on.
EXHAUSTED = re.compile(r"^fatal error: .*\b(NG|STACK[0-3]_COUNT|NCHAN|"
                       r"CHANBUF_BYTES|NPANIC|NREENT|NLOCK)\b", re.M)
# A program's requests to pools are refused one by one up to here.
REFUSE = 1000
# With --refuse those of each program up to here, of each target test a third.
REFUSE_ANY = 24
# What a refusal may lead to in a program that was not written for it: the error
# that names the pool's setting, or the program goes on without what it asked for
# and then does something else, a deadlock for one. What it may not: any other
# fatal error, a fault, a hang.
BEYOND = re.compile(r"^fatal error: (?!all goroutines are asleep)(.*)", re.M)
# Distances of chaos interrupts in instructions of one hart: the shortest must
# be well above the length of a handler, or nothing else ever runs.
CHAOS = ((2000, 8000), (4000, 40000), (20000, 300000))
# Boards that are tested besides the first of their architecture: a core with
# floating point.
MORE_BOARDS = {"armv7m": ("mps2-an386",)}
# tests/depth, and the settings with which it is built.
DEPTH = {"armv7m": ("mps2-an385", "mps2-an386"), "riscv64": ("virt",)}
DEPTH_CONFIG = "LASTRUN_BYTES=256 PANIC_RESET=1 WATCHDOG_NS=100000000 " \
    "SLEEP_NS=100000"
# Seeds of tests/seeds in a test, and how long a delay at a race point may be, in
# instructions of one hart.
SEEDS = "tests/seeds"
SEEDS_RUN = 200
RACE_DELAYS = (1000, 4000, 20000)
RACE_ODDS = (30, 100, 300)


class Job:
    """One program to run: how, and what its output must look like."""

    def __init__(self, name, **how):
        self.name = name
        self.command = how.get("command")    # on the host
        self.machine = how.get("machine")    # or in QEMU
        self.image = how.get("image")
        self.harts = how.get("harts", 1)
        self.args = how.get("args", "")
        self.timeout = how.get("timeout", 60)
        self.text = how.get("text")
        self.dialogue = how.get("dialogue", ())
        # What is typed comes at a time of the host's choice, so there is
        # nothing to repeat; and QEMU's virtual time runs away, and input
        # stays out, while a machine without a timer waits for it.
        self.typed = self.text is not None or bool(self.dialogue)
        # Harts that really run at once are threads, on the host's clock too.
        self.parallel = how.get("parallel", False)
        self.expect = how.get("expect")      # None: it speaks TAP
        self.brief = how.get("brief", False)  # one line if all is well
        self.broken = how.get("broken")      # why it cannot run at all
        self.refuse = how.get("refuse", 0)   # at most so many requests
        self.any = how.get("any", False)     # was not written for refusals
        self.seeds = how.get("seeds")        # tests/seeds, once for each
        self.most = how.get("most", 10)      # until so many have failed
        self.words = how.get("words", "")    # and what make is told for them


class Expect:
    """What the output of a program that does not speak TAP must be."""

    def __init__(self):
        self.status, self.last = 0, None
        self.find, self.never, self.ordered = [], [], False

    def complaint(self, output, status, why):
        if status != self.status:
            law = re.search(r"^ledger: .*", output, re.M)
            return "exit status %d%s, not %d%s" % (
                status, " (%s)" % why if why else "", self.status,
                ": " + law.group() if law else "")
        at = 0
        for pattern in self.find:
            found = re.compile(pattern, re.M).search(output, at)
            if not found:
                return "not found%s: %s" % (
                    " in its place" if re.search(pattern, output, re.M)
                    else "", pattern)
            if self.ordered:
                at = found.end()
        for pattern in self.never:
            if re.search(pattern, output, re.M):
                return "found, must not be: %s" % pattern
        lines = output.rstrip("\n").split("\n")
        if self.last is not None and lines[-1] != self.last:
            return "last line is %r, not %r" % (lines[-1], self.last)
        return None


class Result:
    def __init__(self, job):
        self.job = job
        self.tests = []  # (ok, name, why)
        self.output, self.shown, self.seconds = "", "", 0.0
        self.points = {}  # race point: how often it was passed


def tap(output, status, why, result):
    """Reads a TAP stream into result.tests."""
    plan, skipped, ran, failed = None, False, 0, False
    for line in output.split("\n"):
        m = re.match(r"1\.\.(\d+)\s*(#.*)?$", line)
        if m:
            plan = int(m.group(1))
            continue
        m = re.match(r"(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$", line)
        if m:
            ran += 1
            ok = not m.group(1)
            failed = failed or not ok
            result.tests.append((ok, m.group(2), ""))
        elif line.startswith("Bail out!"):
            failed = True
            result.tests.append((False, "bail out", line[9:].strip()))
    said = " (exit status %d%s)" % (status, ", " + why if why else "") \
        if status else ""
    if plan is None:
        result.tests.append((False, "plan", "no TAP plan" + said))
    elif plan != ran:
        result.tests.append((False, "plan", "%d tests planned, %d ran%s" %
                             (plan, ran, said)))
    elif status and not failed:
        result.tests.append((False, "exit", "exit status %d%s" %
                             (status, ", " + why if why else "")))


def on_host(job):
    try:
        p = subprocess.run(job.command, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=job.timeout)
    except subprocess.TimeoutExpired as e:
        return (e.stdout or b"").decode(errors="replace"), 124, \
            "timeout after %g s" % job.timeout
    return p.stdout.decode(errors="replace"), p.returncode, None


def beyond(job, output, why):
    """What a refusal has broken in a program that did not expect it."""
    if why:
        return why
    for said in BEYOND.findall(output):
        line = "fatal error: " + said
        if not EXHAUSTED.search(line) and not (job.expect and any(
                re.search(p, line) for p in job.expect.find)):
            return line
    return None


def sweep(job, result):
    """Runs a job with its k-th request to a pool refused, k = 1, 2, ..."""
    complaint, otherwise = None, 0
    # With several harts go asks twice before it gives up.
    count = min(job.harts, 2)
    for k in range(1, job.refuse + 1):
        output, status, why, command = runner.run(
            job.machine, job.image, job.harts,
            "%s gz.fail=%d,%d" % (job.args, k, count), job.machine.icount,
            job.timeout)
        refused = "torture: request %d," % k in output
        complaint = job.expect.complaint(output, status, why) \
            if job.expect else why or (
                "exit status %d" % status if status else None)
        if complaint and status == 2 and EXHAUSTED.search(output):
            # It ends for want of what was refused. The line that tells of
            # the refusal may be in pieces: another hart speaks as well.
            refused, complaint = True, None
        elif refused and complaint and job.any:
            complaint = beyond(job, output, why)
            otherwise += complaint is None
        if complaint or not refused:
            break
    else:
        k += 1
    result.output, result.shown = output, shlex.join(command)
    if complaint:
        complaint = "gz.fail=%d,%d: %s" % (k, count, complaint)
    elif k == 1 and not job.any:
        complaint = "no request was refused"
    result.tests.append((complaint is None, "", complaint or
                         "%d requests refused%s" % (k - 1, otherwise and
                         ", %d ended otherwise" % otherwise or "")))


def seed_args(seed, harts, icount):
    """The boot arguments that are the schedule of a seed."""
    low, high = CHAOS[seed // 2 % 2]
    return "gz.seed=%d seed=%d gz.chaos=%d,%d gz.race=%d,%d,20 gz.trace=1" % (
        seed, seed, harts * low << icount, harts * high << icount,
        RACE_ODDS[seed // 4 % 3], RACE_DELAYS[seed // 12 % 3] << icount)


TRACE = re.compile(r"^gz.trace: hash (\w+) of (\d+)", re.M)


def odd_one(job, args, seen):
    """Whether of four runs, two of which are seen, three left the same trace.

    On x86_64 QEMU lets one run of some hundreds go otherwise, on a busy host; the
    guest has nothing that could differ. See docs/testing.md."""
    if job.machine.arch != "x86_64":
        return False
    for _ in range(2):
        output = runner.run(job.machine, job.image, job.harts, args,
                            job.machine.icount, job.timeout)[0]
        trace = TRACE.search(output)
        seen.append(trace and trace.group(1))
    return max(seen.count(t) for t in seen if t) == 3


def run_seeds(job, result):
    """Runs tests/seeds once for each seed, the first one twice."""
    m, hashes, steps, note = job.machine, {}, 0, ""
    for i, seed in enumerate([job.seeds[0]] + list(job.seeds)):
        args = seed_args(seed, job.harts, m.icount)
        output, status, why, _ = runner.run(m, job.image, job.harts, args,
                                            m.icount, job.timeout)
        trace = TRACE.search(output)
        if status or not re.search(r"^ok - seed %d$" % seed, output, re.M) or \
                not trace:
            complaint = "exit status %d%s" % (
                status, " (%s)" % why if why else "")
            for line in output.split("\n"):
                if re.match(r"not ok|ledger:|fatal error:|panic:", line):
                    complaint += ": " + line
                    break
        elif i == 1 and trace.group(1) != first and not odd_one(
                job, args, [first, trace.group(1)]):
            complaint = "the same seed left another trace"
        elif i > 1 and trace.group(1) in hashes:
            complaint = "seed %d left the same trace" % hashes[trace.group(1)]
        else:
            complaint = ""
        if i == 1 and not complaint and trace.group(1) != first:
            note = ", one run of four of the first left another trace"
        if i == 0:
            first = trace and trace.group(1)
            if not complaint:
                continue
        for name, n in re.findall(r"^gz.race: (\w+) passed (\d+)", output,
                                  re.M):
            result.points[name] = result.points.get(name, 0) + int(n)
        if not complaint:
            hashes[trace.group(1)] = seed
            steps += int(trace.group(2))
            continue
        command = "make run-qemu %s HARTS=%d ICOUNT=%d APP=%s ARGS='%s'" % (
            job.words, job.harts, m.icount, SEEDS, args)
        result.tests.append((False, "seed=%d" % seed, complaint))
        result.shown += command + "\n# "
        result.output += "# seed %d: %s\n# %s\n%s\n" % (
            seed, complaint, command, output)
        if len(result.tests) == job.most:
            break
    if not result.tests:
        result.tests.append((True, "", "%d seeds, %d steps of goroutines, "
                             "%d race points passed%s" % (
                                 len(hashes), steps,
                                 sum(result.points.values()), note)))


def perform(job):
    """Runs a job; in a worker process."""
    result, start = Result(job), time.monotonic()
    if job.broken:
        result.tests.append((False, "", job.broken))
        return result
    if job.seeds:
        run_seeds(job, result)
        result.seconds = time.monotonic() - start
        return result
    if job.refuse:
        sweep(job, result)
        result.seconds = time.monotonic() - start
        return result
    if job.command:
        output, status, why = on_host(job)
        result.shown = shlex.join(job.command)
    else:
        output, status, why, command = runner.run(
            job.machine, job.image, job.harts, job.args,
            None if job.typed or job.parallel else job.machine.icount,
            job.timeout, text=job.text, dialogue=job.dialogue)
        result.shown = shlex.join(command)
    result.seconds = time.monotonic() - start
    result.output = output
    if job.expect is None:
        tap(output, status, why, result)
    else:
        complaint = job.expect.complaint(output, status, why)
        result.tests.append((complaint is None, "", complaint or ""))
    result.shown += "\n# exit status %d%s" % (status, " (%s)" % why if why
                                              else "")
    return result


def expected(path):
    """An Expect of what a file says that must be printed, in that order."""
    expect = Expect()
    expect.ordered = True
    with open(path) as f:
        for line in f.read().split("\n"):
            if line.startswith("!"):
                expect.never.append(line[1:])
            elif line and not line.startswith("#"):
                expect.find.append(line)
    return expect


def start_worker():
    """A worker leaves Ctrl-C to its parent and dies with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def header(path):
    """The `// key: value` comments of a test program, as lists by key."""
    found = {}
    with open(path) as f:
        for line in f:
            if not line.startswith("//"):
                break
            m = re.match(r"// ?([a-z-]+): ?(.*)$", line.rstrip("\n"))
            if m:
                found.setdefault(m.group(1), []).append(m.group(2))
    return found


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def exit_harts(keys):
    """The numbers of harts that a test program says it runs with."""
    return [int(h) for line in keys.get("harts", ["1 4"])
            for h in line.split()]


def dialogue(lines):
    """What the `type:` comments say, for runner.Typist."""
    found = []
    for line in lines:
        m = re.match(r"(.*?) ?=>(\d*) (.*)$", line)
        if not m:
            sys.exit("test.py: type: %s: REGEX => TEXT is expected" % line)
        text = m.group(3).encode().decode("unicode_escape")
        found.append((m.group(1), text * int(m.group(2) or 1)))
    return found


class Suite:
    def __init__(self, options):
        self.o = options
        self.jobs = []
        self.named = False  # ONLY names a job
        self.points = {}  # by architecture: race points passed in seeds
        self.kind = "torture " if options.torture else ""  # in jobs' names
        self.logs = os.path.join(options.build, "test-logs")

    def make(self, *words, quiet=False):
        command = shlex.split(self.o.make) + ["--no-print-directory",
                                              "BUILD=" + self.o.build]
        if self.kind:
            command.append("TORTURE=1")
        return subprocess.run(command + list(words), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE if quiet else None,
                              stderr=subprocess.STDOUT if quiet else None)

    def build(self, parallel, *words):
        jobs = ["-j%d" % (os.cpu_count() or 2), "-Otarget"] if parallel else []
        return self.make("-k", *jobs, *words).returncode == 0

    def wanted(self, name):
        return not self.o.only or re.search(self.o.only, name)

    def add(self, name, **how):
        if self.wanted(name):
            self.jobs.append(Job(name, **how))
            self.named = True

    # ---- What there is to run -----------------------------------------

    def unit(self):
        sources = [s for s in sorted(glob.glob("tests/unit/*.c"))
                   if self.wanted("unit/" + os.path.basename(s)[:-2])]
        if not sources:
            return
        print("# building tests/unit", flush=True)
        ok = self.build(True, "unit")
        for source in sources:
            name = os.path.basename(source)[:-2]
            program = os.path.join(self.o.build, "unit", name)
            good = ok or self.make(program, quiet=True).returncode == 0
            self.add("unit/" + name, command=[program], timeout=300,
                     broken=None if good else "does not build")

    def model(self):
        for source in sorted(glob.glob("tests/model/*.pml")):
            name = os.path.basename(source)[:-4]
            self.add("model/" + name, timeout=900, command=[
                "env", "MODEL_ONLY=^%s:" % name, "sh", "tests/model/run.sh"])
        for source in sorted(glob.glob("tests/weak/*.c")):
            name = os.path.basename(source)[:-2]
            if name != "weak":
                self.add("weak/" + name, timeout=900, command=[
                    sys.executable, "tests/weak/run.py", "--jobs", "1",
                    "--only", "^%s$" % name])

    def sim(self):
        """The kernel on this machine, in seeded turns (tests/sim/turns.c) or with
        harts that are threads (threads.c)."""
        plan = [("asan", "target", h, s) for s, h in enumerate((1, 2, 4), 1)]
        plan += [("asan", "wild", h, s) for s, h in enumerate((2, 4, 8), 4)]
        plan += [("torture", "torture", 4, 7), ("tsan", "tsan", 4, 3)]
        if "threads" in (self.o.only or ""): # no two runs are the same
            plan += [("threads", "threads", 4, 8),
                     ("threadsan", "tsan threads", 4, 9)]
        if self.o.soak:
            plan = [(v, w, h, s) for s in range(1, self.o.seeds + 1)
                    for v, w in (("asan", "target"), ("asan", "wild"),
                                 ("torture", "torture"), ("tsan", "tsan"),
                                 ("threads", "threads"),
                                 ("threads", "wild threads"),
                                 ("threadsan", "tsan threads"))
                    for h in (1, 2, 4, 8)]
        plan = [("sim/%d %s seed=%d" % (h, w, s), v, w, h, s)
                for v, w, h, s in plan]
        plan = [p for p in plan if self.wanted(p[0])]
        broken = {}
        for variant in sorted({p[1] for p in plan}):
            print("# building tests/sim, %s" % variant, flush=True)
            broken[variant] = None if self.build(
                True, os.path.join(self.o.build, "sim", variant, "sim")) \
                else "does not build"
        for name, variant, what, harts, seed in plan:
            # Time is virtual, but in a wild run a hart may be held up.
            words = ["-w"] if "wild" in what else ["-v"]
            threads = "threads" in what
            if what != "wild" and not threads:
                words.append("clock=virtual")
            options = ["env", "TSAN_OPTIONS=suppressions=tests/sim/tsan.supp"]
            self.add(name, brief=True, timeout=600 if threads else 300,
                     broken=broken[variant],
                     command=options * ("tsan" in what) +
                     [os.path.join(self.o.build, "sim", variant, "sim"),
                      "-n%d" % harts, "-s%d" % seed] + words +
                     ["seed=%d" % seed])

    def sim_program(self, variant, program):
        """Builds one; returns its path and why it cannot run."""
        path = os.path.join(self.o.build, "sim", variant, program)
        print("# building tests/sim, %s" % variant, flush=True)
        return path, None if self.build(True, path) else "does not build"

    def sim_more(self):
        """tests/exit and the fuzzer's corpus on that machine."""
        if self.wanted("sim fuzz"):
            path, broken = self.sim_program("replay", "replay")
            many = 5000 * (self.o.seeds if self.o.soak else 1)
            self.add("sim fuzz", broken=broken, timeout=600,
                     command=[path, "-n%d" % many, "tests/sim/corpus.txt"])
        exits = sorted(glob.glob("tests/exit/*.c"))
        if self.o.soak or not any(self.wanted("sim/%d exit/%s" % (
                h, stem(e))) for e in exits for h in HARTS):
            return
        path, broken = self.sim_program("asan", "exits")
        names = [] if broken else subprocess.run(
            [path, "list"], stdout=subprocess.PIPE).stdout.decode().split()
        if not names:
            self.add("sim/1 exit", broken=broken or "no list of programs")
        for name in names:
            keys = header("tests/exit/%s.c" % name)
            for harts in exit_harts(keys):
                expect = Expect()
                expect.status = int(keys.get("expect-status", ["0"])[0])
                expect.find = keys.get("expect", [])
                expect.never = keys.get("expect-not", [])
                expect.last = keys.get("expect-last", [None])[0]
                self.add("sim/%d exit/%s" % (harts, name), expect=expect,
                         timeout=120, command=[path, "-n%d" % harts, name] +
                         " ".join(keys.get("args", [])).split())

    def sample(self, arch):
        """The torture build's part of a test that is not all torture."""
        self.kind = "torture "
        self.arch(arch, True)
        self.kind = ""

    def seeds(self, arch):
        """Many schedules, each its own boot of tests/seeds."""
        n = max(SEEDS_RUN, 20 * self.o.seeds * self.o.soak)
        for kind in ("race", "torture"):
            name = "%s/4 seeds %s" % (arch, kind)
            words = "ARCH=%s %s=1" % (arch, kind.upper())
            if not self.wanted(name):
                continue
            known = self.make("-s", "print-machine", *words.split(),
                              quiet=True)
            if known.returncode:
                self.add(name, broken="the machine is not described")
                continue
            path = known.stdout.decode().split()[-1]
            machine = runner.Machine(path)
            if machine.harts_max < 4:
                return
            print("# building %s for %s" % (SEEDS, name), flush=True)
            ok = self.build(False, "newlib", *words.split()) and self.build(
                True, "image", "APP=" + SEEDS, *words.split())
            image = os.path.join(os.path.dirname(path), "app", SEEDS,
                                 "image.elf")
            self.add(name, machine=machine, harts=4, image=image, words=words,
                     seeds=range(1 if kind == "race" else 2, n + 1, 2),
                     timeout=60, broken=None if ok else "does not build")

    def boards(self, arch):
        """The boards of an architecture: its first in tools/layout.py only."""
        listed = self.make("-s", "print-boards", "ARCH=" + arch, quiet=True)
        for n, board in enumerate(listed.stdout.decode().split()):
            known = self.make("-s", "print-machine", "BOARD=" + board,
                              quiet=True)
            if known.returncode:
                self.add(board + "/layout", broken="board.mk: " +
                         known.stdout.decode().strip())
                continue
            self.board(n == 0, runner.Machine(known.stdout.decode().split()[-1]))

    def board(self, first, machine):
        board, values = machine.board, machine.values
        app, tests = values["app"], values["tests"]
        example = "%s/example %s" % (board, stem(app))
        plain = "%s/%s" % (board, os.path.basename(tests))
        layout, typed = board + "/layout", board + "/input"
        reads = "tests/exit/console_lines.c"  # by stdio, so not on the smallest
        runs = values["checked"] == "qemu" and not first and \
            board not in MORE_BOARDS.get(machine.arch, ())
        apps = []
        if runs and self.wanted(example) or \
                values["flash_size"] and self.wanted(layout):
            apps.append(app)
        chaos = [(plain + " chaos seed=%d" % n, n) for n in (1, 2)
                 if tests == "tests/core"]
        if tests and (runs or values["checked"] == "link") and any(
                self.wanted(n) for n in [plain, layout] +
                [c[0] for c in chaos]):
            apps.append(tests)
        if runs and int(values["ram_size"] or "0", 0) >= 0x8000 and \
                self.wanted(typed):
            apps.append(reads)
        if not apps:
            return
        print("# building for %s" % board, flush=True)
        ok = self.build(False, "newlib", "BOARD=" + board) and self.build(
            True, "images", "BOARD=" + board, "APPS=" + " ".join(apps))
        folder = os.path.join(self.o.build, board, "app")
        image = {a: os.path.join(folder, a, "image.elf") for a in apps}
        broken = None if ok else "does not build"
        if values["flash_size"]:
            for a in apps:
                self.add(layout + " " + os.path.basename(a), expect=Expect(),
                         broken=broken, command=[
                             sys.executable, "tools/layout.py", "--machine",
                             os.path.join(self.o.build, board, "machine"),
                             image[a]])
        if not runs:
            return
        if app in apps:
            self.add(example, machine=machine, image=image[app],
                     broken=broken, timeout=120, expect=expected(
                         os.path.join("tests", stem(app) + ".expect")))
        if reads in apps:
            expect, keys = Expect(), header(reads)
            expect.find, expect.never = keys["expect"], keys["expect-not"]
            self.add(typed, machine=machine, image=image[reads],
                     broken=broken, expect=expect,
                     dialogue=dialogue(keys["type"]))
        if tests in apps:
            self.add(plain, machine=machine, image=image[tests],
                     broken=broken, timeout=300, brief=not chaos,
                     args="gz.seed=7 seed=7 clock=virtual")
            for name, n in chaos:
                low, high = (d << machine.icount for d in CHAOS[n % 2])
                self.add(name, machine=machine, image=image[tests],
                         broken=broken, brief=True, args="gz.seed=%d seed=%d "
                         "clock=virtual chaos=1 gz.chaos=%d,%d" % (
                             n, n, low, high))

    def where(self, arch, harts, what):
        return "%s/%d %s%s" % (arch, harts, self.kind, what)

    def arch(self, arch, sample=False):
        exits = sorted(glob.glob("tests/exit/*.c") +
                       glob.glob("tests/exit/*.session"))
        headers = {e: header(e) for e in exits}
        program = {e: headers[e].get("app", [e])[0] for e in exits}
        exits = [e for e in exits if arch in " ".join(headers[e].get(
            "only-arch", [arch])).replace(",", " ").split()]
        exits = [e for e in exits
                 if self.kind or "torture" not in headers[e]]
        refuse = [e for e in exits if self.kind and "refuse" in headers[e]]
        if self.o.soak:
            exits = refuse = []
        if sample:
            exits = [e for e in exits
                     if e in refuse or "torture" in headers[e]]
        exits = [e for e in exits if any(
            self.wanted(self.where(arch, h, what + stem(e)))
            for h in exit_harts(headers[e]) for what in ["exit/"] +
            ["refuse/"] * (e in refuse))]
        tour = os.path.exists(TOUR) and not self.o.soak and not sample and \
            any(self.wanted(self.where(arch, h, what)) for h in HARTS
                for what in ["tour"] + ["refuse/tour"] * bool(self.kind))
        # ONLY names jobs; if it names none, it is for the tests in the image.
        part = self.o.only and not self.named and not exits and \
            not tour and not sample and \
            not any(self.wanted("%s/%d %s" % (arch, h, what)) for h in HARTS
                    for what in ("target", "chaos seed=1", "parallel",
                                 "torture target", "torture chaos seed=1",
                                 "torture parallel", "torture refuse/"))
        target = bool(glob.glob(TARGET + "/*.c")) and (part or any(
            self.wanted(self.where(arch, h, what)) for h in HARTS
            for what in ("target", "chaos seed=1", "parallel")))
        apps = list(dict.fromkeys([TARGET] * target + [
            program[e] for e in exits] + [TOUR] * tour))
        if not apps:
            return
        print("# building %sfor %s: %d programs" % (
            self.kind, arch, len(apps)), flush=True)
        known = self.make("-s", "print-machine", "ARCH=" + arch, quiet=True)
        if known.returncode:
            self.jobs.append(Job(arch, broken="the machine is not described"))
            return
        path = known.stdout.decode().split()[-1]
        machine = runner.Machine(path)
        if not self.build(False, "newlib", "ARCH=" + arch):
            self.jobs.append(Job(arch, broken="newlib does not build"))
            return
        ok = self.build(True, "images", "ARCH=" + arch,
                        "APPS=" + " ".join(apps))
        folder = os.path.join(os.path.dirname(path), "app")
        image = {a: os.path.join(folder, a, "image.elf") for a in apps}
        broken = {a: None if ok or self.make(
            "image", "ARCH=" + arch, "APP=" + a, quiet=True).returncode == 0
            else "does not build" for a in apps}
        for h in range(1, machine.harts_max + 1):
            if target and h in HARTS:
                self.target(machine, h, image[TARGET], broken[TARGET], part,
                            sample)
            for e in exits:
                if h not in exit_harts(headers[e]):
                    continue
                if not sample or "torture" in headers[e]:
                    self.exit(machine, h, e, headers[e], image[program[e]],
                              broken[program[e]])
                if e in refuse and (not sample or h == max(
                        n for n in exit_harts(headers[e])
                        if n <= machine.harts_max)):
                    most = int(headers[e]["refuse"][0]) if sample else REFUSE
                    self.exit(machine, h, e, headers[e], image[program[e]],
                              broken[program[e]], most)
            if tour and h in HARTS:
                self.tour(machine, h, image[TOUR], broken[TOUR])
                if self.kind:
                    self.tour(machine, h, image[TOUR], broken[TOUR], REFUSE)

    def images(self, board, apps, *words):
        """Builds programs for a board: (machine, {program: image}, broken)."""
        print("# building for %s: %d programs" % (board, len(apps)),
              flush=True)
        words = ("BOARD=" + board,) + words
        known = self.make("-s", "print-machine", *words, quiet=True)
        if known.returncode:
            self.add(board, broken="the machine is not described")
            return None, {}, None
        path = known.stdout.decode().split()[-1]
        ok = self.build(False, "newlib", *words) and self.build(
            True, "images", "APPS=" + " ".join(apps), *words)
        machine = runner.Machine(path)
        machine.arch = board  # for the names of jobs
        return machine, {a: os.path.join(os.path.dirname(path), "app", a,
                                         "image.elf") for a in apps}, \
            None if ok else "does not build"

    def more(self, arch):
        """The target image, the tour, and the programs of tests/exit that ask
        for it, on other boards of an architecture."""
        exits = {} if self.o.soak else {
            e: header(e) for e in sorted(glob.glob("tests/exit/*.c"))}
        for board in MORE_BOARDS.get(arch, ()):
            what = {TARGET: ("target", "chaos seed=1"), TOUR: ("tour",)}
            what.update({e: ("exit/" + stem(e),) for e in exits
                         if board in " ".join(exits[e].get("board", []))})
            apps = [a for a in what if any(
                self.wanted("%s/1 %s" % (board, w)) for w in what[a])]
            if not apps:
                continue
            machine, image, broken = self.images(board, apps)
            for a in apps if machine else ():
                if a == TARGET:
                    self.target(machine, 1, image[a], broken, False, False)
                elif a == TOUR:
                    self.tour(machine, 1, image[a], broken)
                else:
                    self.exit(machine, 1, a, exits[a], image[a], broken)

    def depth(self, arch):
        """What a board may switch on: tests/depth."""
        headers = {p: header(p) for p in sorted(glob.glob("tests/depth/*.c"))}
        boards = DEPTH.get(arch, ())
        for board in boards:
            mine = [p for p in headers if board in " ".join(headers[p].get(
                "board", DEPTH["armv7m"][:1])).split() and
                any(self.wanted("%s/%d depth/%s" % (board, h, stem(p)))
                    for h in HARTS)]
            if not mine:
                continue
            machine, image, broken = self.images(
                board, mine, "BUILD=" + os.path.join(self.o.build, "depth"),
                "CONFIG=" + DEPTH_CONFIG)
            for p in mine if machine else ():
                harts = min(machine.harts_max, max(exit_harts(headers[p])))
                self.exit(machine, harts, p, headers[p], image[p], broken,
                          what="depth/")

    def refusals(self, arch):
        """Every program and target test, one request after the other refused.

        On one hart: which request is refused must not depend on turns."""
        sources = sorted(glob.glob("tests/exit/*.c"))
        headers = {e: header(e) for e in sources}
        apps = [e for e in sources if not (
            "type" in headers[e] or "input" in headers[e] or
            "refuse" in headers[e] or 1 not in exit_harts(headers[e])) and
            arch in " ".join(headers[e].get("only-arch", [arch])) and
            self.wanted(self.where(arch, 1, "refuse/" + stem(e)))]
        apps += [TARGET]
        print("# building %sfor %s: %d programs" % (
            self.kind, arch, len(apps)), flush=True)
        known = self.make("-s", "print-machine", "ARCH=" + arch, quiet=True)
        path = known.stdout.decode().split()[-1]
        if not self.build(False, "newlib", "ARCH=" + arch) or \
                not self.build(True, "images", "ARCH=" + arch,
                               "APPS=" + " ".join(apps)):
            self.jobs.append(Job(arch, broken="the images do not build"))
            return
        machine = runner.Machine(path)
        image = {a: os.path.join(os.path.dirname(path), "app", a, "image.elf")
                 for a in apps}
        for e in apps[:-1]:
            self.exit(machine, 1, e, headers[e], image[e], None, REFUSE_ANY)
        listed = runner.run(machine, image[TARGET], 1, "list=1",
                            machine.icount, 60)[0]
        for name in re.findall(r"^# ([A-Z]\w+)$", listed, re.M):
            self.add(self.where(arch, 1, "refuse/target/" + name),
                     machine=machine, image=image[TARGET], timeout=120,
                     args="gz.seed=7 seed=7 clock=virtual run=" + name,
                     refuse=REFUSE_ANY // 3)
        for job in self.jobs:
            job.any = True

    def tools(self, arch):
        """What the build says about its images; it builds some itself."""
        if os.path.exists("tests/tools/run.py"):
            self.add(arch + " tools", timeout=600, command=[
                sys.executable, "tests/tools/run.py", "--make", self.o.make,
                "--build", self.o.build, "--arch", arch])

    def compare(self):
        """What tools/counts.py says about a figure that is worse."""
        self.add("bench/compare", brief=True, command=[
            sys.executable, "tests/tools/compare.py"])
        self.add("bench/listing", brief=True, command=[
            sys.executable, "tests/tools/listing.py"])

    def bench(self, arch):
        """Instructions of each operation, against bench/baseline.json."""
        name = "bench/" + arch
        if not self.wanted(name):
            return
        command = [sys.executable, "tools/counts.py", "--make", self.o.make,
                   "--build", self.o.build, "--archs", arch, "--tap"]
        print("# building the benchmark for %s" % arch, flush=True)
        ready = subprocess.run(command + ["--prepare"],
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
        self.add(name, timeout=900, command=command,
                 broken=None if ready.returncode == 0 else
                 ready.stdout.decode().strip().split("\n")[0] or
                 "does not build")

    def size(self):
        """The smallest kernel and what it takes; it builds its images."""
        self.add("armv7m size", timeout=300, command=[
            sys.executable, "tests/size/run.py", "--make", self.o.make,
            "--build", self.o.build])

    def gdb(self, arch):
        """What gdb is taught about goroutines; it builds its program itself."""
        self.add("gdb/" + arch, timeout=600, command=[
            sys.executable, "tests/gdb/run.py", "--make", self.o.make,
            "--build", self.o.build, "--arch", arch])

    def coverage(self, arch):
        """The target image once more, with the plugin; see tools/cover.py."""
        self.add(arch + " coverage", timeout=600, command=[
            sys.executable, "tools/cover.py", "--make", self.o.make,
            "--build", self.o.build, "--arch", arch, "--image-only",
            "--brief", "--floor", "tests/plugin/floor.txt"])

    def soak(self, arch):
        self.add(arch + " soak", timeout=600, command=[
            sys.executable, "tests/soak/run.py", "--make", self.o.make,
            "--build", self.o.build, "--arch", arch, "--brief"])

    def hil(self, archs):
        """The bench for real boards, with QEMU in a board's place; tools/hil."""
        boards = sorted(os.path.basename(os.path.dirname(p))
                        for p in glob.glob("boards/*/board.mk")
                        if os.path.exists(os.path.dirname(p) + "/hil.yaml"))
        for board in boards:
            self.hil_board(board, archs)
        if "armv7m" not in archs.split():
            return
        self.add("hil/tools", timeout=300, brief=True, command=[
            "tests/hil/main.py", "--build", self.o.build, "test_tap.py",
            "test_tools.py"])

    def hil_board(self, board, archs):
        name, drills = "hil/" + board, board == "mps2-an385"
        line = board == "stm32vldiscovery"  # it has no other way to end
        if not self.wanted(name) and not (drills and self.wanted(
                "hil/drills")) and not (line and self.wanted(
                    "hil/drills/line")):
            return
        with open("boards/%s/board.mk" % board) as f:
            arch = re.search(r"^ARCH *= *(\w+)", f.read(), re.M)
        if arch.group(1) not in archs.split():
            return
        known = self.make("-s", "print-machine", "BOARD=" + board, quiet=True)
        if known.returncode:
            self.add(name, broken="the machine is not described")
            return
        path = known.stdout.decode().split()[-1]
        values = runner.Machine(path).values
        if values["checked"] != "qemu":
            return
        print("# building %s for %s" % (values["tests"], name), flush=True)
        broken = None if self.build(False, "newlib", "BOARD=" + board) and \
            self.build(True, "image", "BOARD=" + board,
                       "APP=" + values["tests"]) else "does not build"
        self.add(name, timeout=900, brief=True, broken=broken, command=[
            "tools/hil/hil.py", "--make", self.o.make, "--build", self.o.build,
            "--board", board, "--bench", "qemu", "--prepared"])
        if drills:
            self.add("hil/drills", timeout=900, brief=True, broken=broken,
                     command=["tests/hil/main.py", "--build", self.o.build,
                              "--board", board, "test_drills.py",
                              "test_hil.py"])
        if line:
            self.add("hil/drills/line", timeout=900, brief=True, broken=broken,
                     command=["tests/hil/main.py", "--build", self.o.build,
                              "--board", board, "test_line.py"])

    def api(self, arch, brief):
        """Every call of go.h in every context; see tools/apimatrix.py."""
        name = arch + " api"
        if not self.wanted(name):
            return
        command = [sys.executable, "tools/apimatrix.py", "--make", self.o.make,
                   "--build", self.o.build, "--arch", arch]
        print("# building the matrix of calls for %s" % arch, flush=True)
        ready = subprocess.run(command + ["--prepare"],
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
        said = ready.stdout.decode().strip().split("\n")[-1]
        self.add(name, timeout=900, brief=True,
                 command=command + ["--prepared"] + ["--brief"] * brief,
                 broken=None if ready.returncode == 0 else
                 said or "does not build")

    def sweep(self, arch):
        """An interrupt at every instruction; see tools/sweep.py."""
        names = {h: "%s/%d sweep" % (arch, h) for h in (1, 2)}
        if not any(self.wanted(n) for n in names.values()):
            return
        command = [sys.executable, "tools/sweep.py", "--make", self.o.make,
                   "--build", self.o.build, "--archs", arch]
        print("# building the sweep for %s" % arch, flush=True)
        ready = subprocess.run(command + ["--prepare"],
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
        said = ready.stdout.decode().strip().split("\n")
        for h in (int(w) for w in said[-1].split() if w.isdigit()):
            self.add(names[h], timeout=900, brief=True, command=command + [
                "--prepared", "--harts", str(h)])
        if ready.returncode:
            self.add(names[1], broken=said[-1] or "does not build")

    def pace(self, machine, harts):
        """Arguments that let every hart get on under -icount.

        QEMU then runs the harts in turns that end at the next timer, so one
        that loops without a timer of its own would keep the others waiting
        for 100 ms of virtual time. Random interrupts on every hart end the
        turns; the seed makes them the same in each run. A hart whose timer is
        the only short one never gets beyond its handlers (a turn also ends
        where a timer is set), so short slices need short distances."""
        if harts == 1:
            return ""
        low, high = CHAOS[0 if self.kind else 2]
        return " gz.chaos=%d,%d" % (harts * low << machine.icount,
                                    harts * high << machine.icount)

    def target(self, machine, harts, image, broken, part, sample):
        where = self.where(machine.arch, harts, "").rstrip()
        run = self.o.only if part else "all"
        pace = self.pace(machine, harts)
        how = {"machine": machine, "harts": harts, "image": image,
               "broken": broken, "timeout": 300}
        if not self.o.soak and (part or self.wanted(where + " target")):
            self.jobs.append(Job(where + " target",
                                 args="gz.seed=7 seed=7 clock=virtual%s "
                                 "run=%s" % (
                                     pace and pace + " chaos=1", run), **how))
        if part or sample:
            return
        if self.o.soak and harts > 1:
            self.add(where + " parallel", args="gz.seed=%d seed=%d scale=%d "
                     "run=all" % (self.o.seeds, self.o.seeds, self.o.seeds),
                     brief=True, parallel=True, **dict(how, timeout=3000))
        for seed in range(1, self.o.seeds + 1):
            low, high = CHAOS[seed % (2 if self.kind else len(CHAOS))]
            args = "gz.seed=%d gz.chaos=%d,%d seed=%d chaos=1 " \
                "clock=virtual run=all" % (
                    seed, harts * low << machine.icount,
                    harts * high << machine.icount, seed)
            self.add("%s chaos seed=%d" % (where, seed), args=args,
                     brief=True, **how)

    def exit(self, machine, harts, source, keys, image, broken, refuse=0,
             what="exit/"):
        expect = Expect()
        expect.status = int(keys.get("expect-status", ["0"])[0])
        expect.find = keys.get("expect", [])
        expect.never = keys.get("expect-not", [])
        expect.last = keys.get("expect-last", [None])[0]
        text = keys.get("input")
        if text is not None:
            text = "".join(text).encode().decode("unicode_escape")
        if "qemu" in keys:
            machine = machine.with_words(" ".join(keys["qemu"]))
        if "icount" in keys:
            machine = machine.with_icount(int(keys["icount"][0]))
        typed = dialogue(keys.get("type", []))
        pace = "" if typed or text is not None else self.pace(machine, harts)
        self.add(self.where(machine.arch, harts, (
            "refuse/" if refuse else what) + stem(source)), refuse=refuse,
                 machine=machine, harts=harts, image=image, broken=broken,
                 args=" ".join(keys.get("args", [])) + pace, text=text,
                 expect=expect, dialogue=typed,
                 timeout=float(keys.get("timeout", ["60"])[0]))

    def tour(self, machine, harts, image, broken, refuse=0):
        expect = expected("tests/tour.expect")
        self.add(self.where(machine.arch, harts,
                            "refuse/tour" if refuse else "tour"),
                 refuse=refuse, machine=machine,
                 harts=harts, image=image, broken=broken, expect=expect,
                 args=self.pace(machine, harts), timeout=120)

    # ---- Running ------------------------------------------------------

    def log(self, result):
        name = re.sub(r"[^\w.=-]+", "-", result.job.name) + ".log"
        path = os.path.join(self.logs, name)
        with open(path, "w") as f:
            f.write("# %s\n# %s\n" % (result.job.name, result.shown))
            for ok, test, why in result.tests:
                if not ok:
                    f.write("# failed: %s: %s\n" % (test, why))
            f.write(result.output)
        return path

    def show(self, result):
        arch = self.points.setdefault(result.job.name.split("/")[0], {})
        for name, n in result.points.items():
            arch[name] = arch.get(name, 0) + n
        job, bad = result.job, [t for t in result.tests if not t[0]]
        name = job.name
        for ok, test, why in result.tests:
            if ok and job.brief:
                continue
            print("%s %s%s%s" % ("ok" if ok else "not ok", name,
                                 ": " + test if test else "",
                                 ": " + why if why else ""))
        if job.brief and not bad:
            print("ok %s: %d tests" % (name, len(result.tests)))
        if bad:
            if not job.broken:
                for line in result.shown.split("\n"):
                    print("# " + line.lstrip("# "))
                print("# output: %s" % self.log(result))
        elif result.seconds > 10:
            print("# %s took %.0f s" % (name, result.seconds))
        sys.stdout.flush()
        return len(result.tests) - len(bad), len(bad)

    def pointless(self, job):
        """After the seeds of an architecture: was every race point passed?"""
        arch = job.name.split("/")[0]
        mine = [j for j in self.jobs
                if j.seeds and j.name.startswith(arch + "/")]
        if len(mine) < 2 or mine[-1] is not job:
            return 0, 0
        points = self.points.get(arch, {})
        never = sorted(p for p, n in points.items() if n == 0)
        if never or not points:
            print("not ok %s race points: never passed: %s" % (
                arch, " ".join(never) or "all"), flush=True)
            return 0, 1
        rare = min(points, key=points.get)
        print("ok %s race points: %d, the rarest (%s) passed %d times" % (
            arch, len(points), rare, points[rare]), flush=True)
        return 1, 0

    def run(self):
        os.makedirs(self.logs, exist_ok=True)
        for old in glob.glob(os.path.join(self.logs, "*.log")):
            os.unlink(old)
        passed = failed = 0
        start = time.monotonic()
        with multiprocessing.get_context("fork").Pool(
                max(2, min(4, os.cpu_count() or 2)), start_worker) as pool:
            results = pool.imap(perform, self.jobs)
            for job in self.jobs:
                print("# %s %s" % (job.name, job.args), flush=True)
                good, bad = self.show(next(results))
                passed, failed = passed + good, failed + bad
                good, bad = self.pointless(job)
                passed, failed = passed + good, failed + bad
        print("# %.0f s" % (time.monotonic() - start))
        return passed, failed


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--archs", required=True)
    p.add_argument("--only", default="")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--soak", action="store_true")
    p.add_argument("--torture", action="store_true")
    p.add_argument("--refuse", action="store_true")
    o = p.parse_args()
    try:
        re.compile(o.only)
    except re.error as e:
        print("ONLY=%s is not a regular expression: %s" % (o.only, e),
              file=sys.stderr)
        return 2
    # Ours alone: make's flags of the outer make would reach the inner ones.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    o.torture = o.torture or o.refuse
    suite = Suite(o)
    passed = failed = 0
    try:
        whole = not o.soak and not o.torture
        if whole:
            suite.unit()
            suite.model()
        if whole or o.soak:
            suite.sim()
            suite.sim_more()
        if whole:
            suite.compare()
            suite.hil(o.archs)
            if len(o.archs.split()) > 1:
                suite.tools("template")
        for arch in o.archs.split():
            if o.refuse:
                suite.refusals(arch)
                continue
            if whole:
                suite.tools(arch)
                suite.gdb(arch)
                suite.bench(arch)
                if arch == "armv7m":
                    suite.size()
            if whole or o.soak:
                suite.seeds(arch)
                suite.api(arch, arch != o.archs.split()[0] and not o.soak)
            if whole:
                suite.sweep(arch)
                suite.boards(arch)
            if whole or o.soak:
                suite.more(arch)
            if whole:
                suite.depth(arch)
            suite.arch(arch)
            if whole:
                suite.coverage(arch)
                suite.soak(arch)
                suite.sample(arch)
        passed, failed = suite.run()
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    if not passed and not failed:
        print("# nothing ran")
    print("%d passed, %d failed" % (passed, failed), flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
