"""tap.py reads what a board says on its serial line and judges the run.

A board's harness (tests/target/tap.h) ends each of its lines in a checksum, so
every result is either heard as it was said or known to be damaged. The verdict
of a run is

  done    the results can be believed, test by test: pass or fail
  infra   they cannot: the bench is at fault, or nobody can tell; no test has
          failed and none has passed

What always holds: no byte that is changed, lost or added on the line turns a
pass into a fail or a fail into a pass. A result counts only with its checksum;
results count only if they are 1, 2, ... to the last one of the plan (or to the
one in which the program ended or hung), and if nothing between banner and end
was damaged. What is before the banner is tolerated: UARTs say things while a
board gets its power.
"""

import re
import zlib

PASS, FAIL, SKIP = "pass", "fail", "skip"
DONE, INFRA = "done", "infra-fail"

SIGNED = re.compile(r" \*([0-9a-f]{8})$")
STARTS = re.compile(r"1\.\.|not ok |ok |# |Bail out!")
# What looks as if it had been a line of the harness.
REMAINS = re.compile(r"^1\.\.\d|\bok \d+ - |^# \d+ of \d+ |\*[0-9a-f]{6,}$")
RESULT = re.compile(r"(not )?ok (\d+) - (.*)$")
EXIT = re.compile(r"gzero: exit (\d{1,3})$")
ALMOST_EXIT = re.compile(r"gzero|g?zero: e?x|exit \d")
FATAL = re.compile(r"^(fatal error: |panic: |ledger: |fault: |.*: throw)")


def checked(line):
    """The harness's words in a line whose checksum is right, else None."""
    m = SIGNED.search(line)
    if not m:
        return None
    body = line[:m.start()]
    for start in STARTS.finditer(body):  # other text may be in front
        words = body[start.start():]
        if zlib.crc32(words.encode()) == int(m.group(1), 16):
            return words
    return None


def sign(words):
    return "%s *%08x" % (words, zlib.crc32(words.encode()))


class Result:
    def __init__(self, number, name, outcome, why=""):
        self.number, self.name = number, name
        self.outcome, self.why = outcome, why
        self.seconds = 0.0


class Verdict:
    def __init__(self, kind, results=(), why="", unrun=0):
        self.kind = kind              # DONE or INFRA
        self.results = list(results)  # of a run that is DONE
        self.why = why                # of one that is not
        self.unrun = unrun            # tests behind one that ended the run

    def count(self, outcome):
        return sum(r.outcome == outcome for r in self.results)


class Stream:
    """What has been heard in one run, as it comes in."""

    def __init__(self, token, clock):
        self.token, self.clock = token, clock
        self.raw, self.rest = bytearray(), b""
        self.banners = self.early = 0  # early: the harness, without a banner
        self.plan = self.summary = self.status = None
        self.results, self.damaged, self.last_words = [], [], []
        self.again = ""        # where it was when it began again
        self.stranger = None   # the token of an image that is not ours
        self.spoken = clock()  # when the last whole line came

    def feed(self, data):
        self.raw += data
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.line(line.rstrip(b"\r"))

    def line(self, raw):
        now = self.clock()
        text = raw.decode("ascii", errors="replace")
        words = checked(text)
        if words is not None and words.startswith("# hil="):
            self.banners += 1
            self.again = self.again or self.banners > 1 and self.at()
            if words[6:] != self.token:
                self.stranger = words[6:]
        elif self.banners == 0:
            self.early += words is not None or bool(REMAINS.search(text))
        elif words is not None:
            self.signed(words, now - self.spoken)
        elif any(b < 32 and b != 9 or b > 126 for b in raw) or \
                REMAINS.search(text):
            self.damaged.append(text)
        elif ALMOST_EXIT.search(text) and not EXIT.match(text):
            self.damaged.append(text)
        if words is None and EXIT.match(text):
            self.status = int(EXIT.match(text).group(1))
        elif words is None and text:
            self.last_words = self.last_words[-40:] + [text]
        self.spoken = now

    def signed(self, words, seconds):
        m = RESULT.match(words)
        if m:
            name, skipped, why = m.group(3).partition(" # SKIP ")
            if m.group(1):
                name, skipped, why = m.group(3).partition(": ")
            self.results.append(Result(
                int(m.group(2)), name,
                FAIL if m.group(1) else SKIP if skipped else PASS, why))
            self.results[-1].seconds = seconds
        elif words.startswith("1.."):
            if self.plan is not None:
                self.damaged.append(words + " (again)")
            self.plan = int(words[3:])
        elif re.match(r"# \d+ of \d+ passed$", words):
            self.summary = [int(n) for n in re.findall(r"\d+", words)]

    def at(self):
        """Where the run is, in words."""
        if self.banners == 0:
            return "before the first line"
        if not self.results:
            return "before the first result"
        r = self.results[-1]
        if self.summary is not None:
            return "behind the last test"
        return "in test %d, behind %s" % (r.number + 1, r.name)

    # ---- The end ------------------------------------------------------------

    def hopeless(self):
        """Whatever comes now, it is not believed."""
        return self.banners > 1 or self.stranger is not None

    def in_order(self):
        return [r.number for r in self.results] == \
            list(range(1, len(self.results) + 1))

    def trouble(self):
        """Why what was heard cannot be believed, None if it can."""
        if self.stranger is not None:
            return "another image runs: its first line says %s, not %s" % (
                self.stranger, self.token)
        if self.banners > 1:
            return "the board started again %s: power or reset" % self.again
        if self.damaged:
            return "garbage on the line: %d damaged line%s, the first is %r" \
                % (len(self.damaged), "s" * (len(self.damaged) > 1),
                   self.damaged[0][:60])
        if not self.in_order():
            return "lines are missing: test %d follows %d" % next(
                (b.number, a) for a, b in enumerate(self.results)
                if b.number != a + 1)
        if self.results and self.plan is None:
            return "lines are missing: no plan"
        return None

    def nothing(self):
        """Why there is no first line."""
        if not self.raw:
            return "silent: not a byte"
        strange = sum(b > 126 or b < 32 and b not in b"\r\n\t"
                      for b in self.raw)
        said = bytes(self.raw).decode("ascii", errors="replace").strip()
        if strange or not said:
            return "garbage on the line: %d bytes, %d of them no text, and " \
                "no first line" % (len(self.raw), strange)
        return "something else speaks, without our first line: %r" % \
            said.split("\n")[0][:60]

    def fatal(self):
        return next((w for w in self.last_words if FATAL.match(w)), None)

    def broken_off(self, why, name=""):
        """The verdict where test after test was right and then one ended it."""
        n = len(self.results) + 1
        r = Result(n, name or ("exit" if self.summary else "test %d" % n),
                   FAIL, why)
        return Verdict(DONE, self.results + [r],
                       unrun=max((self.plan or n) - n, 0))

    def crashed(self, status, look):
        """The verdict when there is no summary but a fatal error. Its text has no
        checksum, so the probe is asked whether all results were heard."""
        why = "%s (exit status %d)" % (self.fatal(), status)
        found = look() if look else {}
        if isinstance(found, str):
            return Verdict(INFRA, why="%s, and the probe: %s" % (why, found))
        if found.get("said", len(self.results)) != len(self.results):
            return Verdict(INFRA, why="lines are missing: %d results of %d "
                           "before %s" % (len(self.results), found["said"],
                                          why))
        return self.broken_off(why, found.get("name", ""))

    def ended(self, status, look=None):
        """The verdict when the program has ended with that status. look: asks the
        probe, see hung; None if the board is no more."""
        if self.banners == 0:
            fatal = self.fatal()
            if fatal and status and not self.early:
                return Verdict(DONE, [Result(1, "boot", FAIL, "%s (exit "
                                             "status %d)" % (fatal, status))])
            return Verdict(INFRA, why=self.nothing())
        trouble = self.trouble()
        if trouble:
            return Verdict(INFRA, why=trouble)
        bad = sum(r.outcome == FAIL for r in self.results)
        if self.summary is None:
            if status and self.fatal():
                return self.crashed(status, look)
            return Verdict(INFRA, why="lines are missing: the end %s" %
                           self.at())
        if self.plan != len(self.results) or \
                self.summary != [self.plan - bad, self.plan]:
            return Verdict(INFRA, why="lines are missing: %s planned, %d "
                           "heard, %d of %d passed" % (
                               self.plan, len(self.results), *self.summary))
        if (status != 0) != (bad != 0 or self.plan == 0):
            if self.fatal():
                return self.broken_off("%s (exit status %d)" % (
                    self.fatal(), status))
            return Verdict(INFRA, why="the exit status %d contradicts %d of "
                           "%d passed" % (status, *self.summary))
        if self.plan == 0:
            return Verdict(DONE, [Result(1, "plan", FAIL, "no test ran")])
        return Verdict(DONE, self.results)

    def hung(self, seconds, look):
        """The verdict when nothing came for so long.

        look is what the probe found, a dict, or a text that says why it found
        nothing: then nobody can tell a test that hangs from a dead board."""
        quiet = "nothing for %g s %s" % (seconds, self.at())
        trouble = self.trouble()
        if trouble:
            return Verdict(INFRA, why=trouble)
        if isinstance(look, str):
            return Verdict(INFRA, why="%s, and the probe: %s" % (quiet, look))
        where = " (%s)" % look["where"] if look.get("where") else ""
        if self.banners == 0:
            return Verdict(INFRA, why=self.nothing() + where)
        if "arch_halt" in where:
            return Verdict(INFRA, why="lines are missing: the board has ended" +
                           where)
        if self.rest:
            return Verdict(INFRA, why="garbage on the line: it stops within a "
                           "line, %r" % bytes(self.rest[:60]))
        if "said" not in look:
            return Verdict(INFRA, why=quiet + ", and the probe does not find "
                           "tap_progress in the board's RAM" + where)
        if look["said"] != len(self.results):
            return Verdict(INFRA, why="the console is dead: the board has said "
                           "%d results, %d were heard" % (
                               look["said"], len(self.results)))
        if look["over"]:
            if self.summary is None:
                return Verdict(INFRA, why="the console is dead: the board has "
                               "said its last line")
            return self.broken_off("no end: " + quiet + where)
        return self.broken_off("hangs: " + quiet + where,
                               look.get("name", ""))
