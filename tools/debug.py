#!/usr/bin/env python3
"""debug.py puts gdb before a machine that stands still: QEMU, or a board.

    tools/debug.py --machine build/<board>/machine [--harts N] [--args "..."]
                   [--icount SHIFT] [--port N] [--probe SERIAL|1]
                   [--gdb-args "..."] IMAGE

QEMU's gdb server, or with --probe OpenOCD's, listens on a free port of this
machine; gdb-multiarch is connected to it, knows goroutines (tools/gdb/gzero.py)
and stops at main. What the program prints in QEMU comes here and into
console.log beside the image; a board's comes out of its serial port
(make monitor). When gdb ends, so does what was started for it. The status is
gdb's, 2 if it never came to that.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import run as runner
import setargs

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gdb",
                      "gzero.py")
GDB = "gdb-multiarch"
# What OpenOCD says when it cannot, and what that means; the first one counts.
TROUBLE = (
    (r"LIBUSB_ERROR_ACCESS|Permission denied",
     "no permission to use the probe: it needs a udev rule (apt-get install "
     "openocd brings one; plug the probe in again), or root"),
    (r"LIBUSB_ERROR_BUSY|unable to claim interface",
     "the probe is busy: another program has it"),
    (r"open failed|No J-Link device found|unable to find a matching|"
     r"LIBUSB_ERROR_NO_DEVICE|no device found",
     "no debug probe is plugged in"),
    (r"Can't find (\S+)", r"openocd has no \1"),
    (r"target voltage may be too low|init mode failed|"
     r"unable to connect to the target|Error connecting DP|target not found",
     "the probe is there, but no chip answers it"),
    (r"couldn't bind .*Address already in use", "the port is taken"),
)


class Trouble(Exception):
    pass


def sleeping(command):
    """QEMU 7.2 with -icount sleep=off never goes on after a stop by gdb."""
    return [re.sub(r"^(shift=\d+),sleep=off$", r"\1,sleep=on", w)
            for w in command]


def free_port(wanted):
    """A port of this machine that nobody listens on."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as e:
            raise Trouble("port %d is taken or not to be had (%s); PORT=n "
                          "names another, without it a free one is taken" % (
                              wanted, getattr(e, "strerror", None) or e))
        return s.getsockname()[1]


class Qemu:
    """The machine in QEMU, before its first instruction."""

    def __init__(self, machine, image, o, port, scratch):
        exit_file = os.path.join(scratch, "status")
        open(exit_file, "w").close()
        command = sleeping(machine.command(
            image, o.harts or machine.harts_default, o.args, o.icount,
            exit_file)) + ["-S", "-gdb", "tcp:127.0.0.1:%d" % port]
        try:
            self.guest = runner.Guest(command)
        except OSError as e:
            raise Trouble("%s: %s" % (command[0], e.strerror))
        self.log = os.path.join(os.path.dirname(o.image), "console.log")
        self.commands = ["target remote localhost:%d" % port]
        self.where = "the program's output comes here and into " + self.log
        for f in (self.guest.proc.stdout, self.guest.proc.stderr):
            threading.Thread(target=self.show, args=(f,), daemon=True).start()
        time.sleep(0.3)
        if self.guest.proc.poll() is not None:
            raise Trouble("QEMU does not start")

    def show(self, pipe):
        mode = "wb" if pipe is self.guest.proc.stdout else "ab"
        with open(self.log, mode, buffering=0) as log:
            while True:
                try:
                    data = os.read(pipe.fileno(), 65536)
                except (OSError, ValueError):
                    return
                if not data:
                    return
                data = runner.IDLE.sub(b"", data)
                os.write(1, data)
                log.write(data)

    def stop(self):
        if self.guest.proc.poll() is None:
            self.guest.proc.kill()
            self.guest.proc.wait()


class OpenOcd:
    """A board behind a debug probe. gdb programs the image into it."""

    def __init__(self, machine, image, o, port, _scratch):
        v = machine.values
        if not v.get("openocd_cfg"):
            raise Trouble("boards/%s/board.mk names no OPENOCD_CFG" %
                          machine.board)
        if not shutil.which("openocd"):
            raise Trouble("openocd is missing: apt-get install openocd")
        words = ["openocd"]
        for f in (v.get("openocd_adapter", "") + " " +
                  v["openocd_cfg"]).split():
            words += ["-f", f]
        if o.probe != "1":
            words += ["-c", "adapter serial " + o.probe]
        for c in ("gdb_port %d" % port, "tcl_port disabled",
                  "telnet_port disabled", "init", "reset halt"):
            words += ["-c", c]
        self.said = b""
        self.proc = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        self.ear = threading.Thread(target=self.listen, daemon=True)
        self.ear.start()
        self.commands = ["target extended-remote localhost:%d" % port,
                         "load", "monitor reset halt"]
        self.where = "the program's output comes out of the board's serial " \
            "port: make monitor BOARD=" + machine.board
        until = time.monotonic() + 20
        while b"Listening on port %d for gdb" % port not in self.said:
            if self.proc.poll() is not None or time.monotonic() > until:
                self.stop()
                raise Trouble(self.why())
            time.sleep(0.05)

    def listen(self):
        for line in self.proc.stdout:
            self.said += line

    def why(self):
        self.ear.join(2)
        said = self.said.decode(errors="replace")
        for pattern, text in TROUBLE:
            m = re.search(pattern, said)
            if m:
                return m.expand(text)
        lines = [line for line in said.split("\n") if line.strip()]
        return "openocd does not start: " + (lines[-1] if lines else
                                             "it says nothing")

    def stop(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()


def gdb(server, o):
    """Runs gdb to its end, in front of the terminal."""
    words = [GDB, "-q", "-iex", "set remotetimeout 30", o.image]
    for c in server.commands + ["source " + SCRIPT, "tbreak main"]:
        words += ["-ex", c]
    words += shlex.split(o.gdb_args)
    # Ctrl-C is gdb's: it stops the machine.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(words, preexec_fn=lambda: signal.signal(
        signal.SIGINT, signal.SIG_DFL)).returncode


def debug(o):
    if not shutil.which(GDB):
        raise Trouble("%s is missing: apt-get install %s" % (GDB, GDB))
    machine = runner.Machine(o.machine)
    if not o.probe and not machine.values["qemu"]:
        raise Trouble("nothing emulates BOARD=%s: plug its probe in and say "
                      "PROBE=1" % machine.board)
    with tempfile.TemporaryDirectory(prefix="gzdebug.") as scratch:
        image = o.image
        if o.args and (machine.exit_line or o.probe):
            image = os.path.join(scratch, "image.elf")
            try:
                setargs.write(o.image, image, o.args)
            except setargs.Refused as e:
                raise Trouble(str(e))
        port = free_port(o.port)
        server = (OpenOcd if o.probe else Qemu)(machine, image, o, port,
                                                scratch)
        try:
            print("gzero: gdb's server is at localhost:%d; %s" % (
                port, server.where), flush=True)
            if o.probe and image != o.image:
                server.commands[1] = "load " + image
            return gdb(server, o)
        finally:
            server.stop()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--machine", required=True)
    p.add_argument("--harts", type=int)
    p.add_argument("--args", default="")
    p.add_argument("--icount", type=int)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--probe", default="")
    p.add_argument("--gdb-args", default="")
    p.add_argument("image")
    o = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return debug(o)
    except Trouble as e:
        print("make debug: %s" % e, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
