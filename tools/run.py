#!/usr/bin/env python3
"""run.py boots an image in QEMU, on a leash.

    tools/run.py --machine build/<board>/machine [--harts N] [--args "..."]
                 [--icount SHIFT] [--timeout S] [--max-mb N] [--raw] IMAGE

The machine file is what the Makefile wrote from boards/<board>/board.mk.

What always holds:
  - The last line on stdout is `gzero: exit status N`, and N is the exit
    status. Statuses that are not the guest's own say why in parentheses:
    124 time is up, 125 too much output, 130 interrupted, 255 the machine died
    without a status.
  - No QEMU outlives the runner: it is killed on every way out, and by the
    kernel (PR_SET_PDEATHSIG) if the runner itself is killed.

QEMU gets pipes, never the terminal: so a script with stdin closed, a person
typing and a test that feeds text are all the same case, and there is no
terminal to give back in another state than it was. A terminal stays in line
mode with its own echo and editing (the guest does none); Ctrl-C ends the run.
With --raw it sends every key as it is, without echo, Ctrl-C and Ctrl-A too;
then Ctrl-] ends the run, and the terminal gets its mode back.
The end of the input is told as a terminal does: by a Ctrl-D, two of them
behind an unfinished line. Only under --icount an input without a single byte
is passed on as no input at all: a byte arrives at a time of the host's choice,
and the run could not be repeated.

The guest's status is QEMU's exit code, or, if the board says QEMU_EXIT = file,
the first byte of a file that the guest writes through a debug port: empty
means that it died. With QEMU_EXIT = line the image is a real board's, which can
only say its status: a line `gzero: exit N`. QEMU is ended behind it. Such an
image carries its boot arguments with it, so it is run from a copy that has them
(setargs.py).

tests use run(), which collects the output instead of showing it.
"""

import argparse
import copy
import ctypes
import fcntl
import functools
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time

import setargs

TIMEOUT_STATUS = 124
OUTPUT_STATUS = 125
INTERRUPT_STATUS = 130
DIED_STATUS = 255
ESCAPE = b"\x1d"  # Ctrl-]

_libc = ctypes.CDLL(None)


class Machine:
    """What the build says about a board: QEMU's command line with holes."""

    def __init__(self, path):
        self.values = {}
        with open(path) as f:
            for line in f:
                key, _, value = line.rstrip("\n").partition("=")
                self.values[key] = value
        self.board = self.values["board"]
        self.arch = self.values["arch"]
        self.icount = int(self.values["icount"])
        self.harts_max = int(self.values["harts_max"])
        self.harts_default = int(self.values["harts_default"])
        self.exit_file = self.values["exit"] == "file"
        self.exit_line = self.values["exit"] == "line"

    def with_words(self, words):
        """The same machine with more words on its command line."""
        other = copy.copy(self)
        other.values = dict(self.values,
                            args=self.values["args"] + " " + words)
        return other

    def with_icount(self, shift):
        """The same machine with another pace of its virtual clock."""
        other = copy.copy(self)
        other.icount = shift
        return other

    def command(self, image, harts, args="", icount=None, exit_file=""):
        holes = {"{HARTS}": str(harts), "{IMAGE}": image,
                 "@EXITFILE@": exit_file}
        words = [self.values["qemu"]]
        words += shlex.split(self.values["args"])
        words += shlex.split(self.values["kernel"])
        if self.exit_file:
            words += shlex.split(self.values["exit_args"])
        if args and not self.exit_line:
            words += ["-append", args]
        if icount is not None:
            words += ["-icount", "shift=%d,sleep=off" % icount]
        for hole, value in holes.items():
            words = [w.replace(hole, value) for w in words]
        return words


# A machine with -icount that sleeps without a timer set, as an idle one does,
# is what QEMU warns of.
IDLE = re.compile(rb"qemu-[^\n]*: warning: icount sleep disabled and no active "
                  rb"timers\r?\n")
# How a machine that can only talk says its status (QEMU_EXIT = line).
EXIT_LINE = re.compile(rb"^gzero: exit (\d{1,3})\r?\n", re.M)


def _leash(parent):
    """Runs in the child: a session of its own, and death with the parent."""
    os.setsid()
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before the call above
        os._exit(1)


class Guest:
    """One QEMU with pipes on its three files."""

    def __init__(self, command, exit_line=False):
        self.exit_line = exit_line
        self.said = None  # the status that it said, if it ends by a line
        self.tail = b"\n"
        self.proc = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=functools.partial(_leash, os.getpid()))
        self.errors = b""
        try:  # a full pipe would be the guest's waiting for its UART
            fcntl.fcntl(self.proc.stdout, fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:
            pass

    def kill(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        for f in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            try:
                f.close()
            except OSError:
                pass

    def pump(self, show, complain, keyboard, deadline, limit):
        """Moves bytes until QEMU is gone. Returns None, or what ended it."""
        out, err = self.proc.stdout.fileno(), self.proc.stderr.fileno()
        to = self.proc.stdin.fileno()
        os.set_blocking(to, False)
        pending, reading, count = keyboard.start(), {out, err}, 0
        while reading:
            wait = None
            if deadline is not None:
                wait = deadline - time.monotonic()
                if wait <= 0:
                    return "timeout"
            inputs = list(reading)
            if keyboard.source is not None and len(pending) < 4096:
                inputs.append(keyboard.source)
            ready, writable, _ = select.select(
                inputs, [to] if pending else [], [], wait)
            if keyboard.source in ready:
                pending += keyboard.read()
            if writable:
                try:
                    pending = pending[os.write(to, pending):]
                except BlockingIOError:
                    pass
                except OSError:
                    pending, keyboard.source = b"", None
            for f in (out, err):
                if f not in ready:
                    continue
                data = os.read(f, 65536)
                if not data:
                    reading.discard(f)
                    continue
                count += len(data)
                if f == err:
                    data = IDLE.sub(b"", data)
                    self.errors = (self.errors + data)[:65536]
                    complain(data)
                else:
                    show(data)
                    if self.exit_line and self.over(data):
                        return None
                if count > limit:
                    return "output"
        self.proc.wait()
        return None

    def over(self, data):
        """Looks for the line that ends the run, which may come in pieces."""
        self.tail += data
        found = EXIT_LINE.search(self.tail)
        if found and int(found.group(1)) < 256:
            self.said = int(found.group(1))
            return True
        self.tail = self.tail[self.tail.rfind(b"\n"):][:64]
        return False

    def status(self, exit_file):
        """The guest's status. Returns (status, why or None)."""
        if self.said is not None:
            return self.said, None
        code = self.proc.returncode
        own = [line for line in self.errors.decode(errors="replace").split("\n")
               if re.match(r"qemu[-\w]*: ", line) and "warning:" not in line]
        if exit_file is not None:
            with open(exit_file, "rb") as f:
                byte = f.read(1)
            if byte:
                return byte[0], None
        if code < 0:
            return DIED_STATUS, "the machine died without a status: QEMU " \
                "got signal %d" % -code
        if code == 1 and own:
            return DIED_STATUS, "QEMU could not run it"
        if exit_file is not None or self.exit_line:
            return DIED_STATUS, "the machine died without a status"
        return code, None


class Keyboard:
    """Where input comes from: a file descriptor, or None for nothing."""

    def __init__(self, source, end=True, quiet=False):
        self.source = source
        self.end = end      # tell the guest when it is over
        self.quiet = quiet  # but not if there was nothing at all
        self.tty = source is not None and os.isatty(source)
        self.last = b""
        self.mode = None    # the terminal's own, while it is raw

    def raw(self):
        self.mode = termios.tcgetattr(self.source)
        new = termios.tcgetattr(self.source)
        new[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
        new[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG |
                    termios.IEXTEN)
        termios.tcsetattr(self.source, termios.TCSADRAIN, new)

    def restore(self):
        if self.mode is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, self.mode)

    def start(self):
        return b"" if self.source is not None else self.over()

    def read(self):
        """Takes what is there; Ctrl-D bytes at the end."""
        try:
            data = os.read(self.source, 4096)
        except OSError:
            data = b""
        if self.mode is not None and ESCAPE in data:
            raise Interrupted
        if data:
            self.last = data[-1:]
            return data
        if not self.tty:
            self.source = None
        return self.over()

    def over(self):
        if not self.end or (self.quiet and not self.last):
            return b""
        return b"\4" if self.last in (b"", b"\n") else b"\4\4"


def execute(machine, image, harts, args, icount, show, complain, keyboard,
            timeout, limit):
    """Runs QEMU to its end. Returns (status, why or None, command)."""
    exit_file = copied = None
    command = []
    try:
        if machine.exit_line and args:
            fd, copied = tempfile.mkstemp(prefix="gzargs.", suffix=".elf")
            os.close(fd)
            try:
                setargs.write(image, copied, args)
            except setargs.Refused as e:
                return DIED_STATUS, str(e), command
            image = copied
        if machine.exit_file:
            fd, exit_file = tempfile.mkstemp(prefix="gzexit.")
            os.close(fd)
        command = machine.command(image, harts, args, icount, exit_file or "")
        try:
            guest = Guest(command, machine.exit_line)
        except OSError as e:
            return DIED_STATUS, "%s: %s" % (command[0], e.strerror), command
        deadline = None if not timeout else time.monotonic() + timeout
        try:
            end = guest.pump(show, complain, keyboard, deadline, limit)
        finally:
            guest.kill()
        if end == "timeout":
            return TIMEOUT_STATUS, "timeout after %g s" % timeout, command
        if end == "output":
            return OUTPUT_STATUS, "more than %g MB of output" % \
                (limit / 1e6), command
        return guest.status(exit_file) + (command,)
    finally:
        for path in (exit_file, copied):
            if path is not None:
                os.unlink(path)


class Typist:
    """Types in a dialogue, a list of (pattern, text): each text once the
    output behind the last match has what the pattern says. So the program
    sets the pace, and nothing depends on how fast either side is. A text is
    shorter than a pipe, 64 KiB."""

    def __init__(self, dialogue):
        self.left = list(dialogue)
        self.seen = ""
        self.source, self.sink = os.pipe()
        self.show(b"")  # what waits for nothing

    def show(self, data):
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        while self.left:
            pattern, text = self.left[0]
            found = re.compile(pattern, re.M).search(self.seen)
            if not found:
                return
            self.seen = self.seen[found.end():]
            os.write(self.sink, text.encode("latin-1"))
            self.left.pop(0)
        self.close()

    def close(self):
        if self.sink is not None:
            os.close(self.sink)
            self.sink = None


def run(machine, image, harts=1, args="", icount=None, timeout=60,
        limit=20_000_000, text=None, dialogue=()):
    """Runs an image for a test.

    Returns (output, status, why, command); output is stdout and stderr as
    text. text, if given, is typed in and followed by its end; otherwise what
    the dialogue says (see Typist) and no end.
    """
    chunks = []
    typist = Typist(dialogue if text is None else [("", text)])

    def show(data):
        chunks.append(data)
        typist.show(data)

    try:
        status, why, command = execute(
            machine, image, harts, args, icount, show, chunks.append,
            Keyboard(typist.source, end=text is not None), timeout, limit)
    finally:
        typist.close()
        os.close(typist.source)
    output = b"".join(chunks).decode(errors="replace").replace("\r\n", "\n")
    return output, status, why, command


class Interrupted(Exception):
    pass


def interrupt(_signo, _frame):
    raise Interrupted


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--machine", required=True)
    p.add_argument("--harts", type=int)
    p.add_argument("--args", default="")
    p.add_argument("--icount", type=int)
    p.add_argument("--timeout", type=float)
    p.add_argument("--max-mb", type=float, default=50)
    p.add_argument("--raw", action="store_true")
    p.add_argument("image")
    o = p.parse_args()

    machine = Machine(o.machine)
    try:
        os.fstat(0)
        keyboard = Keyboard(0, quiet=o.icount is not None)
    except OSError:
        keyboard = Keyboard(None, quiet=o.icount is not None)
    if keyboard.tty and os.tcgetpgrp(0) != os.getpgrp():
        keyboard = Keyboard(None, end=False)  # in the background: not ours
    timeout = o.timeout
    if timeout is None:
        timeout = None if keyboard.tty else 600
    last = [b"\n"]

    def show(data):
        last[0] = data
        view = memoryview(data)
        while view:
            view = view[os.write(1, view):]

    def complain(data):
        os.write(2, data)

    for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(s, interrupt)
    if o.raw and keyboard.tty:
        keyboard.raw()
    try:
        status, why, _ = execute(
            machine, o.image, o.harts or machine.harts_default, o.args,
            o.icount, show, complain, keyboard, timeout, o.max_mb * 1e6)
    except Interrupted:
        status, why = INTERRUPT_STATUS, "interrupted"
        if keyboard.tty:
            last[0] = b"^C"  # the terminal has shown that
    except BrokenPipeError:
        return INTERRUPT_STATUS
    finally:
        keyboard.restore()
    for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(s, signal.SIG_IGN)
    line = "gzero: exit status %d%s\n" % (status, " (%s)" % why if why else "")
    if not last[0].endswith(b"\n"):
        line = "\n" + line
    os.write(1, line.encode())
    return status


if __name__ == "__main__":
    sys.exit(main())
