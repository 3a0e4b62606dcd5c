#!/usr/bin/env python3
"""run.py asks gdb-multiarch about goroutines and looks at its answers.

    tests/gdb/run.py --build build --arch riscv64 [--make make] [--board NAME]
                     [--words "TORTURE=1"] [--verbose] [NAME...]

It speaks TAP. The program is states.c beside it, in QEMU, whose virtual time is
counted instructions where there is one hart; gdb-multiarch runs in batch mode
with tools/gdb/gzero.py, both on a leash. Between two commands gdb says which one comes, so that each
test has the answer to its own. gdb itself is forbidden to write memory or
registers, but where the test breaks something on purpose.
"""

import argparse
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))

import debug  # noqa: E402
import run as runner  # noqa: E402

PROGRAM = "tests/gdb"
SCRIPT = "tools/gdb/gzero.py"
PATIENCE = 150  # seconds of the host's for one gdb
NAMES = ("receiver", "sender", "selector", "sleeper", "locker", "permitted",
         "pinned", "digger", "panics", "faults")
SPINNERS = 6


# A spinner is interrupted.
IN_HANDLER = "tbreak timerintr if allm[0].curg != 0 && " \
    "allm[0].curg->goid > 16"


# One instruction after the other: does what runs always end at goexit?
# And does the first frame, where it is not the hart's own, stand on its stack?
STEPS = """python
def stray(g, view):
    sp = register(view.first(), machine().sp)
    if view.context and not g['stacklo'] < sp <= g['stackhi']:
        print('stray: goroutine %d, sp 0x%x' % (g.id, sp))
        return 1
    return 0

def strays():
    world.start()
    n = 0
    for g in world.living():
        with g.view() as view:
            n += stray(g, view)
    print('%d strays' % n)

def steps(n):
    bad = walked = 0
    for i in range(n):
        gdb.execute('stepi', to_string=True)
        world.start()
        for g in world.living():
            if g.state() != 'running' and not g.leaving():
                continue
            walked += 1
            with g.view() as view:
                if stray(g, view) or not ends(view.first()):
                    bad += 1
                    print('lost:', gdb.execute('x/i $pc', to_string=True))
                    gdb.execute('bt')
    print('%d walked, %d lost' % (walked, bad))
end
"""
# Where a goroutine's registers change their place.
WINDOWS = {"riscv64": "trap_entry", "x86_64": "x86_timervec",
           "armv7m": "arch_irqentry"}


class Failure(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failure(text)


def find(pattern, answer):
    m = re.search(pattern, answer, re.M)
    check(m, "not found: %s\nin:\n%s" % (pattern, answer))
    return m


def rows(answer):
    """Lines of info goroutines by the goroutine's name."""
    found = {}
    for line in answer.split("\n"):
        m = re.match(r"[* ] (\d+) (\w+) ", line)
        if m:
            found.setdefault(m.group(2), []).append((int(m.group(1)), line))
    return found


def stacks(answer):
    """goroutine all bt: id -> (what the header says, frames)."""
    found = {}
    for part in re.split(r"^goroutine ", answer, flags=re.M)[1:]:
        m = re.match(r"(\d+) \[(.*)\]:\n", part)
        check(m, "no header: goroutine " + part)
        found[int(m.group(1))] = (m.group(2), re.findall(
            r"^(#\d+ .*)$", part, re.M), part)
    return found


def function(line):
    m = re.match(r"#\d+ +(?:0x[0-9a-f]+ in )?(\S+|<.*>) ?", line)
    return m.group(1) if m else "?"


def arrive(answer, least):
    """Every backtrace ends at goexit; returns them."""
    found = stacks(answer)
    check(len(found) >= least, "%d goroutines, not %d:\n%s" % (
        len(found), least, answer))
    for goid, (_, lines, whole) in found.items():
        check(lines and function(lines[-1]) == "goexit",
              "goroutine %d does not end at goexit:\n%s" % (goid, whole))
        check("!" not in whole and "corrupt" not in whole, whole)
    return found


class Session:
    """One boot under gdb: a list of (name, commands) in, answers out."""

    def __init__(self, tests, harts, steps, end=True, write=False):
        self.tests, self.harts = tests, harts
        self.answers, self.status, self.console = {}, None, ""
        machine = tests.machine
        with tempfile.TemporaryDirectory(prefix="gzgdb.") as scratch:
            path = os.path.join(scratch, "socket")
            exit_file = os.path.join(scratch, "status")
            open(exit_file, "w").close()
            # Harts are threads of the host's: QEMU 7.2 with -icount takes many
            # seconds, and sometimes for ever, to go on with four of them after
            # a stop. What is asked of them holds at any pace.
            command = machine.command(
                tests.image, harts, "gz.seed=7",
                machine.icount if harts == 1 else None, exit_file) + [
                    "-S", "-chardev", "socket,path=%s,server=on,wait=off,"
                    "id=gdb0" % path, "-gdb", "chardev:gdb0"]
            guest = runner.Guest(debug.sleeping(command))
            out = tempfile.TemporaryFile()
            try:
                self.wait_for(path, guest)
                pump = subprocess.Popen(["cat"], stdin=guest.proc.stdout,
                                        stdout=out)
                try:
                    self.gdb(READ_ONLY * (not write) + [
                        "target remote " + path], steps)
                    if end:
                        self.wait_end(guest.proc)
                        self.status = guest.status(
                            exit_file if machine.exit_file else None)[0]
                finally:
                    guest.kill()
                    pump.wait(10)
            finally:
                guest.kill()
            out.seek(0)
            self.console = out.read().decode(errors="replace")

    @staticmethod
    def wait_for(path, guest):
        for _ in range(600):
            if os.path.exists(path):
                return
            if guest.proc.poll() is not None:
                break
            time.sleep(0.05)
        raise Failure("QEMU does not start: " +
                      guest.proc.stderr.read().decode(errors="replace"))

    @staticmethod
    def wait_end(proc):
        try:
            proc.wait(20)
        except subprocess.TimeoutExpired:
            proc.kill()  # and the status tells
            proc.wait()

    def gdb(self, connect, steps):
        words = gdb_words(self.tests.image, connect)
        for name, commands in steps:
            words += ["-ex", "echo \\n==%s==\\n" % name]
            for c in commands:
                words += ["-ex", c]
        words += ["-ex", "echo \\n==end==\\n"]
        said = batch(words)
        if self.tests.o.verbose:
            print("\n".join("# " + line for line in said.split("\n")))
        for part in re.split(r"^==", said, flags=re.M)[1:]:
            name, _, answer = part.partition("==\n")
            self.answers[name] = answer
        self.said = said

    def __getitem__(self, name):
        check(name in self.answers, "gdb did not come to %s:\n%s" % (
            name, self.said))
        return self.answers[name]


def gdb_words(image, connect=()):
    words = ["gdb-multiarch", "-nx", "-q", "-batch"]
    for c in ("set pagination off", "set remotetimeout 60", "set width 0"):
        words += ["-iex", c]
    if image:
        words.append(image)
    for c in list(connect) + ["source " + SCRIPT]:
        words += ["-ex", c]
    return words


def batch(words):
    p = subprocess.run(["timeout", "-s", "KILL", str(PATIENCE)] + words,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    return p.stdout[:2_000_000].decode(errors="replace")


READ_ONLY = ["set may-write-memory off", "set may-write-registers off"]
EVERYTHING = ["info goroutines", "info harts", "info pools", "info channels",
              "goroutine all bt"]


def look(name):
    """Steps that ask everything, with the machine's state before and after."""
    state = ["thread", "frame", "thread apply all -q info registers"]
    return [(name + " before", state)] + [
        ("%s %s" % (name, c), [c]) for c in EVERYTHING] + [
            (name + " after", state)]


# Breaks a thing, asks, mends it: (name, what to set, to what, question, answer).
SUDOG = "((struct hchan *)$gz_empty)->recvq.first"
DAMAGE = (
    ("loop in a queue", SUDOG + "->next", SUDOG, "info channels",
     r"^! channel 0x[0-9a-f]+: recvq: a loop at 0x"),
    ("queue to nowhere", SUDOG + "->next", "$gz_nowhere", "info channels",
     r"^! no memory at 0x"),
    ("loop in a free list", "chanpool.free", "$gz_self", "info pools",
     r"^! pool channel: the list of free blocks"),
    ("pool lost count", "gpool.used", "9999", "info pools",
     r"^! pool g: 9999 used"),
    ("pool handed out too many", "gpool.fresh", "100000", "info goroutines",
     r"^! gpool.fresh is 100000, but"),
    ("reason is no text", "$gz_g->waitreason", "$gz_nowhere",
     "info goroutines", r"\(text at 0x[0-9a-f]+: no memory\)"),
    ("status is none", "$gz_g->status", "77", "info goroutines",
     r"receiver +status 77\?"),
    ("stack pointer is nowhere", "$gz_g->sched.sp", "16", "info goroutines",
     r"! its saved sp, 0x10, is not in its stack"),
    ("pc is no resume", "$gz_g->sched.pc", "16", "goroutine all bt",
     r"^! its saved pc, 0x10, is no place to go on from"),
    ("M is none", "$gz_running->m", "$gz_nowhere", "goroutine all bt",
     r"^! no thread of gdb's is its hart"),
    ("list of pools", "allpools->link", "allpools", "info pools",
     r"^! the list of pools: a loop"),
)


def damage():
    yield "damage", [
        "python import re",
        "python r = re.search(r'(\\d+) receiver ', gdb.execute("
        "'info goroutines', to_string=True)).group(1)",
        "python a = [g.address for g in world.living() if g.id == int(r)][0]",
        "python b = [g.address for g in world.living() if g.id == 1][0]",
        "python gdb.execute('set $gz_g = (struct g *)%d' % a)",
        "python gdb.execute('set $gz_running = (struct g *)%d' % b)",
        "set $gz_empty = empty",
        # the first block that can be had again, linked to itself
        "set $gz_self = chanpool.base",
        "set $gz_nowhere = (void *)-4096"]
    for name, what, to, question, _ in DAMAGE:
        broken = ["set $gz_old = " + what, "set var %s = %s" % (what, to)]
        mended = ["set var %s = $gz_old" % what]
        if name == "loop in a free list":
            broken += ["set $gz_word = *(void **)$gz_self",
                       "set var *(void **)$gz_self = $gz_self"]
            mended += ["set var *(void **)$gz_self = $gz_word"]
        yield name, broken + [question] + mended


class Tests:
    def __init__(self, o):
        self.o, self.tests = o, []
        self.session = {}

    def make(self, *words):
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS")}
        board = ["BOARD=" + self.o.board] if self.o.board else []
        p = subprocess.run(
            shlex.split(self.o.make) + [
                "--no-print-directory", "-s", "BUILD=" + self.o.build,
                "ARCH=" + self.o.arch, *board, *shlex.split(self.o.words),
                *words], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
        output = p.stdout.decode(errors="replace")
        check(p.returncode == 0, "make %s:\n%s" % (" ".join(words), output))
        return output

    def build(self):
        path = self.path = self.make("print-machine").split()[-1]
        self.make("image", "APP=" + PROGRAM)
        self.machine = runner.Machine(path)
        self.image = os.path.join(os.path.dirname(path), "app", PROGRAM,
                                  "image.elf")
        # In the torture build one that has just begun may run at once.
        self.plain = "TORTURE" not in self.o.words
        self.living = len(NAMES) + SPINNERS + 1 + self.plain

    def one(self):
        """The session with one hart, run once."""
        if 1 not in self.session:
            self.session[1] = {}
            which = ["python goid = int(gdb.parse_and_eval("
                     "'allm[0].curg->goid'))",
                     "python gdb.execute('goroutine %d bt' % goid)"]
            self.session[1] = Session(self, 1, [
                ("reset", EVERYTHING),
                ("main", ["tbreak main", "continue", "goroutine 1 bt"]),
                ("birth", ["tbreak newproc1", "continue", "info harts",
                           "goroutine 1 bt"]),
                ("handler", [IN_HANDLER, "continue",
                             "info harts", "goroutine all bt"] + which),
                ("stop", ["tbreak states_ready", "continue"])] +
                look("ready") + [
                    ("frame", ["python r = [g for g in world.living() if "
                               "constant(field(g.value, 'name')) == 'digger'"
                               "][0].id",
                               "python gdb.execute('goroutine %d bt' % r)",
                               "python gdb.execute('goroutine %d frame "
                               "function deep' % r)",
                               "python gdb.execute('goroutine %d frame apply "
                               "all -q -s p n' % r)"]),
                    ("wrong", ["goroutine 4711 bt", "goroutine x",
                               "goroutine", "info pools now"]),
                    ("help", ["help goroutine", "help info goroutines",
                              "help info harts", "help info pools",
                              "help info channels", "complete goroutine 1",
                              "complete info gor", "help gzero check"]),
                    ("dies", ["tbreak goexit1", "continue",
                              "info goroutines", "goroutine all bt"]),
                    ("dies on g0", ["tbreak goexit0", "continue"] + which),
                    ("detach", ["delete", "detach"])])
        return self.session[1]

    def damaged(self):
        if "damage" not in self.session:
            self.session["damage"] = {}
            self.session["damage"] = Session(self, 1, [
                ("stop", ["tbreak states_ready", "continue"])] + look("whole") +
                list(damage()) + look("mended") + [
                    ("detach", ["detach"])], write=True)
        return self.session["damage"]

    def stepped(self):
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
            f.write(STEPS)
            f.flush()
            return Session(self, 1, [("script", ["source " + f.name])] + [
                (what, ["tbreak " + where, "continue", "python strays()",
                        "python steps(%d)" % n])
                for what, where, n in (
                    ("gswitch", "*&'gswitch'", 60),
                    ("gleave", "*&'gleave'", 30),
                    ("trap", "*&'%s' if allm[0].curg != 0 && "
                     "allm[0].curg->goid > 16" % WINDOWS[self.o.arch], 250),
                    ("first", "states_ready", 1),
                    ("gogo", "*&'gogo'", 25),
                    ("mcall", "*&'mcall'", 45))], end=False)

    def many(self):
        if 4 not in self.session:
            self.session[4] = {}
            self.session[4] = Session(self, 4, [
                ("stop", ["tbreak states_ready", "continue"])] +
                look("ready") + [
                    ("handler", ["tbreak timerintr", "continue",
                                 "info harts"]),
                    ("handler goroutine all bt", ["goroutine all bt"]),
                    ("detach", ["delete", "detach"])])
        return self.session[4]

    # ---- Tests ------------------------------------------------------------

    def test_check(self):
        """the image has what is read"""
        said = batch(gdb_words(self.image) + ["-ex", "gzero check"])
        find(r"^the image has all that gzero.py reads$", said)

    def test_check_fails(self):
        """a field that is gone is named"""
        said = batch(gdb_words(self.image) + [
            "-ex", "python NEEDS['struct g'] += ' colour'",
            "-ex", "python VARIABLES += ' allsingers'", "-ex", "gzero check"])
        find(r"the image lacks struct g.colour, allsingers$", said)

    def test_no_gzero(self):
        """an image that is not gzero's, and no image"""
        for image in (self.machine.values["qemu"], None):
            path = image and subprocess.run(
                ["which", image], stdout=subprocess.PIPE).stdout.decode()
            said = batch(gdb_words(path and path.strip()) + sum(
                [["-ex", c] for c in EVERYTHING], []))
            check(len(re.findall(r"^this image is not gzero's", said, re.M)) ==
                  len(EVERYTHING) and "Traceback" not in said, said)

    def test_no_target(self):
        """no target"""
        said = batch(gdb_words(self.image) + sum(
            [["-ex", c] for c in EVERYTHING], []))
        check(len(re.findall(r"^no target: ", said, re.M)) ==
              len(EVERYTHING), said)

    def test_reset(self):
        """before the scheduler"""
        said = self.one()["reset"]
        check(len(re.findall(r"^the scheduler has not started: ", said,
                             re.M)) == len(EVERYTHING), said)

    def test_main(self):
        """main, running"""
        said = self.one()["main"]
        find(r"^#0 .*\bmain \(.*\n(#.*\n)*#\d+ .*\bgoexit \(", said)

    def test_systemstack(self):
        """on the system's stack for a goroutine"""
        said = self.one()["birth"]
        find(r"^0 +1 +P0, \d+ queued +1 +kernel ", said)
        find(r"\barch_systemstack \(.*\n(#.*\n)*#.*\bmain \(.*\n(#.*\n)*"
             r"#\d+ .*\bgoexit \(", said)

    def test_handler(self):
        """in a handler"""
        said = self.one()["handler"]
        find(r"^0 +1 +P0, \d+ queued +\d+ +in a handler ", said)
        all_, _, one = said.rpartition("\n#")
        check(re.search(r"^\d+ .*\bgoexit \(", one), said)
        found = arrive(said[:said.index("==") if "==" in said else None], 10)
        check(any("running" in h and any(function(f) == "spinner" for f in l)
                  for h, l, _ in found.values()), said)

    def states(self, s, name):
        answer = s[name + " info goroutines"]
        found = rows(answer)
        for n in NAMES + ("fresh",) * self.plain:
            check(len(found.get(n, ())) == 1, "no %s in:\n%s" % (n, answer))
        return answer, {n: l[0] for n, l in found.items()}, found

    def test_goroutines(self):
        """info goroutines"""
        answer, one, every = self.states(self.one(), "ready")
        for name, state in (
                ("main", r"running on hart 0"), ("receiver", "chan receive"),
                ("sender", "chan send"), ("selector", "select"),
                ("sleeper", "sleep"), ("locker", r"sync\.Mutex\.Lock"),
                ("permitted", "semaphore"), ("digger", "chan receive"),
                ("pinned", "chan receive, locked"),
                ("panics", "chan receive, panics"),
                ("faults", "chan receive, panics")):
            find(r"^[* ] \d+ %s +%s  " % (name, state), one[name][1])
        for name, where in (("receiver", "receiver"), ("selector", "selector"),
                            ("digger", "deep"), ("panics", "waits")):
            find(r"  %s at tests/gdb/states\.c:\d+ +begin at "
                 r"tests/gdb/states\.c:\d+, goroutine 1$" % where,
                 one[name][1])
        # Who parks the quick way leaves no time, but with WAITSINCE=1.
        for name in ("selector", "sleeper"):
            find(r"  > [\d.]+ [mu]?s  ", one[name][1])
        find(r"^\* 1 main ", answer)
        find(r"  the kernel$", one["main"][1])
        find(r"^\d+ alive, \d+ dead$", answer)
        check(int(re.search(r"^(\d+) alive", answer, re.M).group(1)) >=
              self.living, answer)
        if self.plain:
            find(r"fresh +runnable, fresh  .*  fresh at ", one["fresh"][1])
        spin = [line for _, line in every["spinner"]]
        check(len(spin) == SPINNERS and sum(
            bool(re.search(r"runnable, preempted .* spinner at ", line))
            for line in spin) >= SPINNERS - 1, "\n".join(spin))

    def test_backtraces(self):
        """goroutine all bt: all end at goexit"""
        s = self.one()
        _, one, every = self.states(s, "ready")
        found = arrive(s["ready goroutine all bt"], self.living)
        for name in [n for n in one if n != "fresh" or self.plain]:
            for goid, _ in every[name]:
                calls = [function(line) for line in found[goid][1]]
                check(name in calls, "goroutine %d, %s: %s" % (
                    goid, name, found[goid][2]))
        calls = [function(line) for line in found[one["digger"][0]][1]]
        check(calls.count("deep") == 21, str(calls))
        # the faulting line, and its caller
        find(r"\bsigpanic \(.*\n#\d+ +.*<signal handler called>.*\n#\d+ .*\bfaults \(arg=.*\) at "
             r"tests/gdb/states\.c:\d+\n#\d+ .*\bgoexit",
             found[one["faults"][0]][2])

    def test_frame(self):
        """other commands in a goroutine"""
        said = self.one()["frame"]
        find(r"\bdeep \(n=(n@entry=)?0\)", said)
        find(r"^\$\d+ = 20$", said)

    def test_untouched(self):
        """nothing was written, the selection is as it was"""
        for s in [self.one()] + ([self.many()] if 4 in self.session else []):
            before, after = s["ready before"], s["ready after"]
            check(before == after and "states_ready" in before,
                  "before:\n%s\nafter:\n%s" % (before, after))

    def test_harts(self):
        """info harts"""
        find(r"^0 +1 +P0, \d+ queued +1 +runs +(on|\?), \d+ +states_ready at ",
             self.one()["ready info harts"])

    def test_pools(self):
        """info pools"""
        said = self.one()["ready info pools"]
        used = self.living
        m = find(r"^g +(\d+) +\d+ +(\d+) +\d+ +\d+ +NG$", said)
        check(int(m.group(1)) >= used, said)
        for name in ("stack class [0-3]", "channel", "panic", "reent",
                     "channel buffers"):
            find(r"^%s +\d+ +\d+ +\d+ +\d+ +\d+ +\w+$" % name, said)
        find(r"^channel +5 +", said)
        find(r"^panic +2 +", said)
        check("!" not in said, said)

    def test_channels(self):
        """info channels"""
        s = self.one()
        said = s["ready info channels"]
        _, one, _ = self.states(s, "ready")
        find(r"^0x[0-9a-f]+ +2/2 +4 +open +%d +-$" % one["sender"][0], said)
        m = find(r"^0x[0-9a-f]+ +0/0 +4 +open +- +((\d+ ?){6})$", said)
        check({int(n) for n in m.group(1).split()} == {
            one[n][0] for n in ("receiver", "selector", "pinned", "digger",
                                "panics", "faults")}, said)
        find(r"^0x[0-9a-f]+ +0/4 +8 +closed +- +-$", said)
        find(r"^0x[0-9a-f]+ +0/0 +4 +open +- +%d$" % one["selector"][0], said)
        find(r"^0x[0-9a-f]+ letters +1/3 +1 +open +- +-$", said)

    def test_wrong(self):
        """wrong words"""
        said = self.one()["wrong"]
        find(r"^there is no goroutine 4711 \(", said)
        check(len(re.findall(r"^goroutine NUMBER COMMAND, or", said,
                             re.M)) == 2, said)
        find(r"^info pools takes no argument$", said)

    def test_help(self):
        """help and completion"""
        said = self.one()["help"]
        check(len(re.findall(r"^Usage: ", said, re.M)) == 6, said)
        find(r"^goroutine 1\d$", said)
        find(r"^info goroutines$", said)

    def test_damage(self):
        """damaged structures"""
        s = self.damaged()
        for name, _, _, _, pattern in DAMAGE:
            said = s[name]
            check(re.search(pattern, said, re.M) and
                  "Traceback" not in said and "Error occurred" not in said,
                  "%s: not found: %s\nin:\n%s" % (name, pattern, said))
        for c in EVERYTHING:
            check(s["mended " + c] == s["whole " + c],
                  "%s is another now:\n%s" % (c, s["mended " + c]))

    def test_exiting(self):
        """goroutines that end"""
        s = self.one()
        found = arrive(s["dies"], 2)
        check(any(function(l[0]) == "goexit1" for _, l, _ in found.values()),
              s["dies"])
        # who does not end the quick way
        find(r"^#\d+ .*\bgoexit1 \(.*\n(#.*\n)*#\d+ .*\bgoexit \(",
             s["dies on g0"])

    def test_windows(self):
        """at every instruction of a switch and of a trap"""
        s = self.stepped()
        for what in ("trap", "mcall", "gogo", "gswitch", "gleave"):
            m = find(r"^(\d+) walked, (\d+) lost$", s[what])
            find(r"^0 strays$", s[what])
            lost = re.findall(r"^lost: (?!.*<mcall\+)", s[what], re.M)
            # QEMU 7 does not show PSP: six instructions of armv7m's mcall.
            most = 6 if self.o.arch == "armv7m" else 0
            check(int(m.group(1)) >= 20 and not lost and
                  int(m.group(2)) <= most, s[what])

    def test_running(self):
        """a target that runs"""
        s = Session(self, 1, [("running", [
            "tbreak main", "continue", "continue &", "info goroutines"])],
                    end=False)
        find(r"^the target is running: ", s["running"])

    def debug(self, *words, path=None, status=0):
        """What make debug says."""
        p = subprocess.run(
            [shutil.which("timeout"), "-s", "KILL", str(PATIENCE),
             sys.executable,
             "tools/debug.py", "--machine", self.path] + list(words) + [
                 self.image], env=dict(os.environ, PATH=path or
                                       os.environ["PATH"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        said = p.stdout.decode(errors="replace")
        check(p.returncode == status, "status %d:\n%s" % (p.returncode, said))
        return said

    def test_debug(self):
        """make debug"""
        said = self.debug("--harts", "1", "--gdb-args", "-batch -nx -ex "
                          "continue -ex 'info goroutines' -ex 'tbreak "
                          "os_exit' -ex continue")
        find(r"^gzero: gdb's server is at localhost:\d+; the program's output "
             r"comes here and into \S+/console\.log$", said)
        find(r"^\* 1 main +running on hart 0 +main at ", said)
        # Both write to one terminal, whenever they like.
        with open(os.path.join(os.path.dirname(self.image),
                               "console.log")) as f:
            find(r"^states: all well", f.read())

    def test_debug_trouble(self):
        """what make debug cannot do is one line"""
        def one(pattern, *words, **how):
            said = self.debug(*words, status=2, **how).rstrip("\n")
            check("\n" not in said, said)
            find("^make debug: .*" + pattern, said)

        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            one(r"port \d+ is taken", "--port", str(s.getsockname()[1]))
        with tempfile.TemporaryDirectory(prefix="gzgdb.") as folder:
            one(r"gdb-multiarch is missing: apt-get install", path=folder)
            os.symlink(subprocess.run(
                ["which", "gdb-multiarch"], stdout=subprocess.PIPE,
                check=True).stdout.decode().strip(), folder + "/gdb-multiarch")
            board = os.path.join(folder, "machine")
            with open(self.path) as f, open(board, "w") as g:
                g.write(re.sub(r"(?m)^openocd_cfg=.*\n", "", f.read()) +
                        "openocd_cfg=board/none.cfg\n")
            at_board = ["--machine", board, "--probe", "1"]
            one(r"openocd is missing: apt-get install", *at_board, path=folder)
            for text, meaning in (
                    ("Error: open failed", "no debug probe is plugged in"),
                    ("Error: libusb_open() failed with LIBUSB_ERROR_ACCESS",
                     "no permission to use the probe"),
                    ("Error: unable to claim interface: LIBUSB_ERROR_BUSY",
                     "the probe is busy"),
                    ("Error: init mode failed (unable to connect to the "
                     "target)", "no chip answers"),
                    ("embedded:startup.tcl:28: Error: Can't find "
                     "board/none.cfg", "openocd has no board/none.cfg"),
                    ("Error: strange", "openocd does not start: Error: "
                     "strange")):
                with open(folder + "/openocd", "w") as f:
                    f.write("#!/bin/sh\necho \"%s\" >&2\nexit 1\n" % text)
                os.chmod(folder + "/openocd", 0o755)
                one(re.escape(meaning), *at_board, path=folder)

    def test_goes_on(self):
        """the program goes on after all that"""
        for s in [self.one(), self.damaged()] + (
                [self.many()] if 4 in self.session else []):
            check(s.status == 0 and "states: all well" in s.console,
                  "status %s, output:\n%s" % (s.status, s.console))

    def test_many(self):
        """four harts"""
        s = self.many()
        harts = s["ready info harts"]
        for i in range(4):
            find(r"^%d +\d +(P\d, \d+ queued|-) +(\d+|-) +(runs|kernel|"
                 r"in a handler|spinning|idle) +(on|off), \d+ +\w" % i, harts)
        # which hart is the first to boot is a race
        check(sorted(re.findall(r"^\d +(\d) ", harts, re.M)) == list("1234"),
              harts)
        answer, one, every = self.states(s, "ready")
        find(r"^[* ] \d+ pinned +chan receive, locked to hart \d  ", answer)
        found = arrive(s["ready goroutine all bt"], self.living)
        running = re.findall(r"^\* \d+ \w+ +running on hart (\d)", answer,
                             re.M)
        check(len(set(running)) == len(running) >= 2, answer)
        for goid, _ in every["spinner"]:
            check("spinner" in map(function, found[goid][1]), found[goid][2])
        arrive(s["handler goroutine all bt"], 1)
        find(r"^\d +\d+ +(P\d, \d+ queued|-) +(\d+|-) +in a handler ",
             s["handler"])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--arch", required=True)
    p.add_argument("--board", default="")
    p.add_argument("--words", default="")
    p.add_argument("--verbose", action="store_true")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    tests = Tests(o)
    try:
        tests.build()
    except Failure as e:
        print("Bail out! %s" % e)
        return 1
    todo = [n for n in dir(tests) if n.startswith("test_") and (
        not o.names or n[5:] in o.names)]
    if tests.machine.harts_max < 4:
        todo = [n for n in todo if n != "test_many"]
    # before those that look at its session too
    todo.sort(key=lambda n: n != "test_many")
    print("1..%d" % len(todo), flush=True)
    bad = 0
    for i, name in enumerate(todo, 1):
        what = getattr(tests, name).__doc__
        try:
            getattr(tests, name)()
            print("ok %d - %s" % (i, what), flush=True)
        except Exception as e:  # one test that is broken is one that failed
            bad += 1
            why = str(e) if isinstance(e, Failure) else traceback.format_exc()
            print("not ok %d - %s: %s" % (i, what, why.split("\n")[0]))
            print("\n".join("# " + line for line in why.split("\n")),
                  flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
