"""bench.py does one run on one board: load, verify, reset, listen, judge.

The bench is a labgrid target: a GDB server (gzlab.py), a serial line, maybe a
power switch. What always holds: whatever goes wrong with the bench is a verdict
(tap.INFRA), never an exception to the caller and never a failed test; and what was
heard is kept, whatever the verdict.
"""

import fcntl
import getpass
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import serial
from pexpect import TIMEOUT
from labgrid import Environment
from labgrid.driver import SerialDriver
from labgrid.exceptions import NoDriverFoundError, NoResourceFoundError
from labgrid.protocol import PowerProtocol

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(HERE)
sys.path.append(os.path.join(HERE, os.pardir))
import setargs  # noqa: E402  (tools/setargs.py)
import tap  # noqa: E402
from trouble import Trouble, of_gdb  # noqa: E402

GDB = "gdb-multiarch"
GDB_PATIENCE = 300  # s, for a load; a watchdog of its own
# Part numbers in a Cortex-M's CPUID, by board.mk's CORE.
CPUID = 0xe000ed00
PARTS = {"Cortex-M0": 0xc20, "Cortex-M0+": 0xc60, "Cortex-M3": 0xc23,
         "Cortex-M4": 0xc24, "Cortex-M4F": 0xc24, "Cortex-M7": 0xc27,
         "Cortex-M33": 0xd21}


class Lock:
    """One job at a time on a place. The file says who has it; the kernel drops
    the lock when that process ends, however it ends."""

    def __init__(self, place, who, folder=None):
        folder = folder or os.environ.get("GZERO_LOCKS", "/run/lock")
        self.path = os.path.join(folder, "gzero-hil-%s.lock" % re.sub(
            r"[^\w.-]+", "_", place))
        self.place, self.who, self.file = place, who, None

    def take(self):
        try:
            try:
                fd = os.open(self.path, os.O_RDWR)
            except FileNotFoundError:
                old = os.umask(0)
                try:
                    fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
                finally:
                    os.umask(old)
        except OSError as e:
            raise Trouble("no lock for the place %s: %s: %s" % (
                self.place, self.path, e.strerror))
        self.file = os.fdopen(fd, "r+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self.file.read().strip()
            self.file.close()
            self.file = None
            raise Trouble("two jobs on one board: the place %s is taken by %s"
                          % (self.place, holder or "somebody"))
        self.file.truncate(0)
        self.file.write("pid %d, %s, %s\n" % (os.getpid(), getpass.getuser(),
                                              self.who))
        self.file.flush()

    def drop(self):
        if self.file is not None:
            self.file.truncate(0)
            self.file.close()
            self.file = None


class Bench:
    """A labgrid target with a board of ours behind it."""

    def __init__(self, env, role, machine, faults=None):
        self.machine = machine            # a runner.Machine
        self.env = Environment(env)
        try:
            self.target = self.env.get_target(role)
            if self.target is None:
                raise Trouble("%s has no target `%s'" % (env, role))
            self.server = self.target.get_driver("GdbServerProtocol",
                                                 activate=False)
            self.console = self.target.get_driver(SerialDriver, activate=False)
        except (NoDriverFoundError, NoResourceFoundError) as e:
            raise Trouble("%s: %s" % (env, e.msg if hasattr(e, "msg") else e))
        if hasattr(self.server, "machine"):
            self.server.machine, self.server.faults = machine, faults

    # ---- gdb ------------------------------------------------------------------

    def gdb(self, image, commands, patience=GDB_PATIENCE):
        """Runs gdb on the server; returns what it said. Trouble, if not all
        of it was done."""
        script = ["set pagination off", "set confirm off",
                  "set mem inaccessible-by-default off",
                  "set remotetimeout 20", "set tcp auto-retry off",
                  "target remote " + self.server.address]
        script += list(commands) + ['printf "gz:done\\n"']
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
            f.write("\n".join(script) + "\n")
            f.flush()
            try:
                p = subprocess.run([GDB, "-nx", "-batch", "-x", f.name, image],
                                   stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=patience)
                said = p.stdout.decode(errors="replace")
            except subprocess.TimeoutExpired as e:
                raise Trouble("the probe does not answer for %d s: %s" % (
                    patience, of_gdb((e.stdout or b"").decode(
                        errors="replace"))))
            except FileNotFoundError:
                raise Trouble("%s is missing: apt-get install gdb-multiarch"
                              % GDB)
        self.gdb_said = said
        if "gz:done" not in said or "MIS-MATCHED" in said or \
                "gz:wrong" in said:
            raise Trouble(of_gdb(said))
        return said

    def identity(self):
        """gdb's commands that end it where the board is another one."""
        v, asked = self.machine.values, []
        part = PARTS.get(v.get("core", ""))
        if part is not None:
            asked.append(("core", CPUID, 0xfff0, part << 4))
        if self.server.chip_id and v.get("chip_id") and v.get("chip_id_addr"):
            mask = int(v.get("chip_id_mask") or "0xffffffff", 0)
            asked.append(("chip", int(v["chip_id_addr"], 0), mask,
                          int(v["chip_id"], 0) & mask))
        commands = []
        for name, address, mask, want in asked:
            commands += [
                "set $id = *(unsigned *) %#x & %#x" % (address, mask),
                "if $id != %#x" % want,
                'printf "gz:wrong %s %%#x %#x\\n", $id' % (name, want),
                "disconnect", "quit 3", "end"]
        return commands

    def load(self, image):
        said = self.gdb(image, self.identity() + [
            "load", "compare-sections"] + list(self.server.go))
        if not re.search(r"Section \S+, range .*: matched\.", said):
            raise Trouble("flash verify failed: gdb compared nothing")

    def look(self, image):
        """What the probe finds where the console is silent: a dict or a text."""
        try:
            said = self.gdb(image, [
                'printf "gz:pc %#lx\\n", (unsigned long) $pc',
                'info symbol $pc',
                'printf "gz:magic %#x\\n", tap_progress.magic',
                'printf "gz:at %u %u %u\\n", tap_progress.running, '
                'tap_progress.said, tap_progress.over',
                'printf "gz:name %s\\n", tap_progress.name',
                "disconnect"], patience=60)
        except Trouble as e:
            said = getattr(self, "gdb_said", "")
            if "gz:pc" not in said:
                return str(e)
        found = {}
        m = re.search(r"^gz:pc (\S+)\n(.*)", said, re.M)
        if m:
            section = m.group(2).partition(" in section")[0]
            found["where"] = "pc %s, %s" % (m.group(1), section)
        m = re.search(r"^gz:at (\d+) (\d+) (\d+)", said, re.M)
        if m and "gz:magic 0x68696c31" in said:
            found["running"], found["said"], found["over"] = \
                map(int, m.groups())
            m = re.search(r"^gz:name (\w+)$", said, re.M)
            found["name"] = m.group(1) if m else ""
        return found

    # ---- A run ----------------------------------------------------------------

    def listen(self, heard, stop):
        """A thread: bytes of the serial line into a queue."""
        try:
            while not stop.is_set():
                try:
                    heard.put(self.console.read(1, 0.2))
                except TIMEOUT:
                    pass
        except (serial.SerialException, OSError, TypeError) as e:
            heard.put(e)

    def power_cycle(self):
        try:
            power = self.target.get_driver(PowerProtocol)
        except (NoDriverFoundError, NoResourceFoundError):
            return
        power.cycle()

    def run(self, image, words, watchdog, limit=20_000_000):
        """Runs an image; returns (tap.Verdict, tap.Stream or None)."""
        stream = None
        try:
            token = "%08x" % zlib.crc32(open(image, "rb").read() +
                                        words.encode())
            words = "hil=%s %s" % (token, words)
            with tempfile.TemporaryDirectory(prefix="gzhil.") as folder:
                copy = os.path.join(folder, "image.elf")
                try:
                    setargs.write(image, copy, words)
                    by_debugger = ""
                except setargs.Refused as e:
                    if "no room for boot arguments" not in str(e):
                        raise Trouble(str(e))
                    copy, by_debugger = image, words
                self.server.start(by_debugger)
                stream = tap.Stream(token, self.server.clock)
                return self.attempt(stream, copy, watchdog, limit), stream
        except Trouble as e:
            return tap.Verdict(tap.INFRA, why=str(e)), stream
        except (NoDriverFoundError, NoResourceFoundError) as e:
            return tap.Verdict(tap.INFRA, why="no board: %s" % e), stream
        finally:
            self.server.stop()

    def attempt(self, stream, image, watchdog, limit):
        if self.server.console_port:
            self.console.port.port = self.server.console_port
        try:
            self.target.activate(self.console)
            self.console.serial.reset_input_buffer()
        except (serial.SerialException, OSError) as e:
            raise Trouble("no console: %s" % e)
        heard, stop = queue.Queue(), threading.Event()
        reader = threading.Thread(target=self.listen, args=(heard, stop),
                                  daemon=True)
        reader.start()
        try:
            self.load(image)
            stream.spoken = self.server.clock()
            return self.follow(stream, image, heard, watchdog, limit)
        finally:
            stop.set()
            reader.join()
            self.target.deactivate(self.console)

    def follow(self, stream, image, heard, watchdog, limit):
        last = False  # once more, since the server has ended
        while True:
            try:
                data = heard.get(timeout=0.1 if not last else 0.5)
            except queue.Empty:
                data = b""
            if isinstance(data, Exception):
                raise Trouble("the console is lost %s: %s" % (stream.at(),
                                                              data))
            if data:
                stream.feed(data)
                if stream.hopeless():
                    return stream.ended(0)
                if stream.status is not None:
                    return stream.ended(stream.status,
                                        lambda: self.look(image))
                if len(stream.raw) > limit:
                    raise Trouble("garbage on the line: more than %d bytes" %
                                  limit)
                continue
            if last and self.console.serial.in_waiting:
                continue  # the reader has not come to it yet
            if last:
                status, why = self.server.gone()
                if status is None:
                    raise Trouble("%s, %s" % (why, stream.at()))
                return stream.ended(status)
            last = self.server.gone() is not None
            quiet = self.server.clock() - stream.spoken
            if not last and quiet > watchdog:
                return stream.hung(watchdog, self.look(image))
