"""gzlab.py is what labgrid needs to know of a gzero bench: where a GDB server for
a board comes from. boards/<name>/hil.yaml names these classes.

A server driver starts and stops a GDB server and says how a board is reset and
let go through it. OpenOcdDriver starts OpenOCD on a probe, GdbServerDriver uses
a server that somebody else runs (on another machine), StandInDriver starts QEMU
in the board's place. What is done with the server (tools/hil/bench.py) does not
know which one it is. The console is labgrid's SerialDriver in all cases.
"""

import abc
import os
import re
import subprocess
import sys
import threading
import time

import attr
from labgrid import target_factory
from labgrid.driver.common import Driver
from labgrid.resource.common import Resource

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import standin  # noqa: E402
from trouble import Trouble, recognise  # noqa: E402


class GdbServerProtocol(abc.ABC):
    """A GDB server with a board behind it."""

    address = ""            # where gdb connects to
    console_port = None     # a serial port that comes with it
    chip_id = True          # the word that tells the chip can be read
    go = ()                 # gdb's commands: reset, run, and leave it alone

    @abc.abstractmethod
    def start(self, words):
        """Makes the server answer; words are for semihosting."""

    @abc.abstractmethod
    def stop(self):
        """Ends what start began."""

    def clock(self):
        """Seconds of the watchdog."""
        return time.monotonic()

    def gone(self):
        """None, or (status or None, why) once the server has ended."""
        return None


# ---- OpenOCD on a probe -----------------------------------------------------

@target_factory.reg_resource
@attr.s(eq=False)
class OpenOcdProbe(Resource):
    """A debug probe on this machine that OpenOCD drives.

    config: what -f gets, a word or several; what board.mk says if it is empty.
    serial: the probe's serial number, needed as soon as two probes are plugged in.
    commands: more -c."""
    config = attr.ib(default="", validator=attr.validators.instance_of(str))
    serial = attr.ib(default="", converter=str)
    commands = attr.ib(default=attr.Factory(list))


@target_factory.reg_driver
@attr.s(eq=False)
class OpenOcdDriver(Driver, GdbServerProtocol):
    bindings = {"probe": "OpenOcdProbe"}
    timeout = attr.ib(default=20.0, converter=float)
    go = ("monitor reset run", "disconnect")
    machine = None  # the bench says it
    faults = None

    def command(self, last):
        words, v = ["openocd"], self.machine.values
        for f in (self.probe.config or "%s %s" % (
                v.get("openocd_adapter", ""), v["openocd_cfg"])).split():
            words += ["-f", f]
        for c in self.probe.commands:
            words += ["-c", c]
        if self.probe.serial:
            words += ["-c", "adapter serial " + self.probe.serial]
        return words + ["-c", "gdb_port 0; telnet_port disabled; "
                        "tcl_port disabled"] + last

    def start(self, words):
        self.said, found = "", threading.Event()
        try:
            self.proc = subprocess.Popen(
                self.command(["-c", "init"]), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                preexec_fn=standin.runner.functools.partial(
                    standin.runner._leash, os.getpid()))
        except OSError:
            raise Trouble("openocd is missing: apt-get install openocd")

        def listen():
            for line in self.proc.stdout:
                self.said = (self.said + line.decode(errors="replace"))[-8192:]
                m = re.search(r"[Ll]istening on port (\d+) for gdb", self.said)
                if m:
                    self.address = "127.0.0.1:" + m.group(1)
                    found.set()
            found.set()

        threading.Thread(target=listen, daemon=True).start()
        found.wait(self.timeout)
        if not self.address:
            self.stop()
            raise Trouble(recognise("openocd", self.said) or
                          "openocd does not start: " + last_line(self.said))

    def stop(self):
        if getattr(self, "proc", None) is not None:
            self.proc.kill()
            self.proc.wait()
            self.proc, self.address = None, ""

    def gone(self):
        if self.proc.poll() is None:
            return None
        return None, "the probe is lost: openocd ended (%s)" % (
            recognise("openocd", self.said) or last_line(self.said))


def last_line(text):
    lines = [w for w in text.split("\n") if w.strip()]
    return lines[-1] if lines else "it said nothing"


# ---- A server elsewhere -----------------------------------------------------

@target_factory.reg_resource
@attr.s(eq=False)
class GdbServer(Resource):
    """A GDB server that runs already: host:port. reset: its word for it."""
    address = attr.ib(validator=attr.validators.instance_of(str))
    reset = attr.ib(default="monitor reset run")


@target_factory.reg_driver
@attr.s(eq=False)
class GdbServerDriver(Driver, GdbServerProtocol):
    bindings = {"server": "GdbServer"}

    def start(self, words):
        self.address = self.server.address
        self.go = (self.server.reset, "disconnect")

    def stop(self):
        pass


# ---- QEMU in the board's place ----------------------------------------------

@target_factory.reg_resource
@attr.s(eq=False)
class StandInMachine(Resource):
    """QEMU, started as boards/<board>/board.mk says."""
    board = attr.ib(validator=attr.validators.instance_of(str))


@target_factory.reg_driver
@attr.s(eq=False)
class StandInDriver(Driver, GdbServerProtocol):
    bindings = {"qemu": "StandInMachine"}
    go = ("monitor system_reset", "detach")
    # QEMU has the core's id but seldom the chip's.
    chip_id = attr.ib(default=False, validator=attr.validators.instance_of(bool))
    machine = None   # the bench says both
    faults = None

    def start(self, words):
        self.standin = standin.StandIn(self.machine, words, self.faults)
        try:
            self.standin.start()
        except OSError as e:
            self.standin.stop()
            raise Trouble("%s is missing: %s" % (
                self.machine.values["qemu"], e.strerror))
        self.address = self.standin.address
        self.console_port = self.standin.port

    def stop(self):
        if getattr(self, "standin", None) is not None:
            self.standin.stop()
            self.standin = None

    def clock(self):
        return self.standin.clock()

    def gone(self):
        code = self.standin.proc.poll()
        if code is None or not self.standin.over.is_set():
            return None
        said = self.standin.errors.decode(errors="replace").strip()
        if code < 0 or "qemu" in said or \
                self.machine.values["exit"] == "line":
            return None, "power lost: the board is gone (QEMU ended with %d%s)" \
                % (code, ": " + last_line(said) if said else "")
        return code, ""
