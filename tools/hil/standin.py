"""standin.py is QEMU in the place of a board: what a bench has of one, and no
more. There is a GDB server on a TCP port, as OpenOCD has it, which loads, resets
and looks; and a serial line, which is a pty. QEMU starts paused and empty (no
-kernel), so an image gets there by the probe or not at all.

Everything on both lines passes through here, and a fault (tests/hil) may change,
drop or cut it. Without one it is passed on as it is.
"""

import functools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir))
import run as runner  # noqa: E402  (tools/run.py)


class Faults:
    """Nothing is wrong. tests/hil derives from it."""

    def started(self, standin):
        """QEMU has been started."""

    def console(self, data):
        """What of the board's bytes arrives on the serial line."""
        return data

    def gdb(self, data):
        """What of the bytes from the debugger arrives at the probe; None: the
        connection is cut."""
        return data


class StandIn:
    def __init__(self, machine, words="", faults=None):
        self.machine = machine        # a runner.Machine
        self.words = words            # arguments, for semihosting
        self.faults = faults or Faults()
        self.folder = tempfile.mkdtemp(prefix="gzhil.")
        self.proc = None
        self.over = threading.Event()  # nothing more comes on the console
        self.errors = b""
        self.spent = 0.0
        self.begun = time.monotonic()

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        m = self.machine
        holes = {"{HARTS}": str(m.harts_default), "{IMAGE}": ""}
        words = [m.values["qemu"]] + m.values["args"].split()
        for hole, value in holes.items():
            words = [w.replace(hole, value) for w in words]
        if self.words:
            at = words.index("-semihosting-config") + 1
            words[at] += "".join(",arg=" + w.replace(",", ",,") for w in
                                 ["image"] + self.words.split())
        words += ["-icount", "shift=%d,sleep=off" % m.icount, "-S"]
        for name in ("gdb", "qmp"):
            words += ["-chardev", "socket,id=%s,path=%s,server=on,wait=off" %
                      (name, self.path(name))]
        words += ["-gdb", "chardev:gdb", "-mon", "chardev=qmp,mode=control"]
        self.command = words
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.slave = slave            # held, so that the line stays up
        self.port = os.ttyname(slave)
        self.proc = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=functools.partial(runner._leash, os.getpid()))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        for work in (self.pump, self.complaints, self.serve):
            threading.Thread(target=work, daemon=True).start()
        self.faults.started(self)

    # ---- Lines --------------------------------------------------------------

    def pump(self):
        """The serial line, from the board."""
        while True:
            data = os.read(self.proc.stdout.fileno(), 65536)
            if not data:
                break
            data = self.faults.console(data)
            while data:
                data = data[os.write(self.master, data):]
        self.over.set()

    def complaints(self):
        for data in iter(lambda: os.read(self.proc.stderr.fileno(), 4096),
                         b""):
            self.errors = (self.errors + data)[-4096:]

    def serve(self):
        """The probe: one debugger after the other."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                with client, self.dial("gdb") as board:
                    self.relay(client, board)
            except OSError:
                pass

    def dial(self, name):
        """Connects to QEMU, which may still be starting."""
        for _ in range(600):
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.path(name))
                return s
            except OSError:
                s.close()
                if self.proc.poll() is not None:
                    raise
                time.sleep(0.05)
        raise OSError("QEMU does not answer")

    def relay(self, client, board):
        while True:
            for s in select.select([client, board], [], [])[0]:
                data = s.recv(65536)
                if data and s is client:
                    data = self.faults.gdb(data)
                if not data:
                    return
                (board if s is client else client).sendall(data)

    # ---- Controls -----------------------------------------------------------

    def control(self, command):
        """A command of QEMU's own monitor: system_reset, stop, quit."""
        with self.dial("qmp") as s, s.makefile("rw") as f:
            f.readline()
            for words in ("qmp_capabilities", command):
                f.write(json.dumps({"execute": words}) + "\n")
                f.flush()
                f.readline()

    def clock(self):
        """Seconds of the watchdog: those that QEMU computes, and a tenth of all
        others, so that a busy host does not look like a dead board."""
        try:
            with open("/proc/%d/stat" % self.proc.pid) as f:
                fields = f.read().rpartition(")")[2].split()
            self.spent = (int(fields[11]) + int(fields[12])) / \
                os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            pass
        return self.spent + (time.monotonic() - self.begun) / 10

    def stop(self):
        if self.proc is not None:
            self.proc.kill()
            self.proc.wait()
            self.over.wait(5)
            self.listener.close()
            os.close(self.master)
            os.close(self.slave)
            for f in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
                f.close()
            self.proc = None
        shutil.rmtree(self.folder, ignore_errors=True)
