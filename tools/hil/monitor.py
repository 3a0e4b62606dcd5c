#!/usr/bin/python3
"""monitor.py shows a board's console and types what is typed.

    tools/hil/monitor.py --make make --build build --board NAME [--port DEVICE]

Without --port it takes the serial port of the probe that board.mk names (USB_ID),
or the only one there is. Ctrl-] ends it. With no terminal it only shows, until the
port is gone.
"""

import argparse
import errno
import os
import select
import sys
import termios
import tty

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import serial
    from serial.tools import list_ports
except ImportError:
    sys.exit("monitor.py: apt-get install python3-serial (and run it with "
             "/usr/bin/python3)")
from board import Board  # noqa: E402
from trouble import Trouble  # noqa: E402

ESCAPE = b"\x1d"  # Ctrl-]


def find(ports, usb_id):
    """The device to open. ports: what pyserial lists."""
    usb = [p for p in ports if p.vid is not None]
    mine = [p for p in usb if usb_id and
            "%04x:%04x" % (p.vid, p.pid) == usb_id.lower()]
    for some in (mine, usb if not mine else []):
        if len(some) == 1:
            return some[0].device
        if some:
            raise Trouble("several serial ports: PORT= one of: %s" % ", ".join(
                "%s (%s)" % (p.device, p.serial_number or p.description)
                for p in some))
    raise Trouble("no serial port: is the board plugged in? PORT=/dev/... if it "
                  "is no USB device")


def connect(device, baud):
    try:
        return serial.Serial(device, baud, timeout=0, exclusive=True)
    except serial.SerialException as e:
        if e.errno == errno.EACCES:
            raise Trouble("no permission for %s: group dialout is missing "
                          "(adduser USER dialout; then log in again)" % device)
        if e.errno == errno.ENOENT:
            raise Trouble("no such port: %s" % device)
        if e.errno in (errno.EBUSY, errno.EAGAIN) or "lock" in str(e):
            raise Trouble("%s is busy: another program has it open" % device)
        raise Trouble("%s: %s" % (device, e))


def show(port, source, sink):
    """Moves bytes both ways until the port is gone or Ctrl-] is typed."""
    while True:
        ready = select.select([port] + ([source] if source is not None else
                                        []), [], [])[0]
        if port in ready:
            try:
                data = port.read(4096)
            except serial.SerialException:
                data = b""
            if not data:
                raise Trouble("the port is gone")
            os.write(sink, data)
        if source in ready:
            data = os.read(source, 1024)
            if ESCAPE in data:
                return
            if not data:
                source = None
            else:
                port.write(data)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--board", required=True)
    p.add_argument("--port", default="")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)
    mode = None
    try:
        board = Board(o.make, o.build, o.board)
        baud = int(board.values.get("baud") or 115200)
        device = o.port or find(list_ports.comports(),
                                board.values.get("usb_id", ""))
        port = connect(device, baud)
        typing = os.isatty(0)
        print("%s, %d baud%s" % (device, baud, "; Ctrl-] ends" * typing),
              flush=True)
        if typing:
            mode = termios.tcgetattr(0)
            tty.setraw(0)
        show(port, 0 if typing else None, 1)
    except Trouble as e:
        print("monitor: %s" % e)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if mode is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, mode)
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
