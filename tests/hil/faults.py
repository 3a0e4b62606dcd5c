"""faults.py is what can go wrong on a bench, done to the stand-in."""

import random
import re

import standin


class Console(standin.Faults):
    """Something happens on the serial line once `when` has been heard."""

    def __init__(self, when=b""):
        self.when, self.heard, self.armed = when, b"", not when

    def console(self, data):
        """Splits the stream where it happens; changed() gets what follows."""
        if self.armed:
            return self.changed(data)
        self.heard += data
        m = re.search(self.when, self.heard)
        if not m:
            return data
        self.armed = True
        behind = len(self.heard) - m.end()  # of data, behind the match
        at = len(data) - behind
        self.now()
        return data[:at] + self.changed(data[at:])

    def now(self):
        pass

    def changed(self, data):
        return data

    def started(self, board):
        self.board = board


class Silent(Console):
    """The board's transmit wire is cut."""

    def changed(self, data):
        return b""


class Noise(Console):
    """Bits flip: so many bytes of a hundred, by a seed."""

    def __init__(self, seed, percent, when=b""):
        super().__init__(when)
        self.random, self.percent = random.Random(seed), percent
        self.flipped = 0

    def changed(self, data):
        data = bytearray(data)
        for i in range(len(data)):
            if self.random.random() * 100 < self.percent:
                data[i] ^= 1 << self.random.randrange(8)
                self.flipped += 1
        return bytes(data)


class Dropped(Noise):
    """Bytes are lost, as where nobody empties a UART in time."""

    def changed(self, data):
        kept = bytes(b for b in data
                     if self.random.random() * 100 >= self.percent)
        self.flipped += len(data) - len(kept)
        return kept


class Rewritten(standin.Faults):
    """Just these bytes are others, in each line that has them. A line begins with
    the newline before it, wherever what arrives was cut."""

    def __init__(self, old, new):
        self.old, self.new, self.rest = old, new, b""

    def console(self, data):
        *whole, self.rest = (self.rest + data).split(b"\n")
        return b"".join((b"\n" + line).replace(self.old, self.new)[1:] + b"\n"
                        for line in whole)


class Greeting(standin.Faults):
    """What a UART says while a board gets its power."""

    def __init__(self, text):
        self.text = text

    def console(self, data):
        text, self.text = self.text, b""
        return text + data


class Reset(Console):
    """The board resets itself, or its supply dips."""

    def now(self):
        self.board.control("system_reset")


class PowerCut(Console):
    def now(self):
        self.board.proc.kill()


class Flash(standin.Faults):
    """A bit of what is written to flash does not stay."""

    def __init__(self):
        self.done = False

    def gdb(self, data):
        # A write is $M<address>,<length>:<digits>#<sum>: of one that is long
        # enough a digit is changed, and the sum with it.
        m = re.search(rb"\$(M[0-9a-f]+,[0-9a-f]+:[0-9a-f]{64,})#", data)
        if m is None or self.done:
            return data
        packet = bytearray(m.group(1))
        packet[-32] = ord("1") if packet[-32] == ord("0") else ord("0")
        self.done = True
        return data[:m.start(1)] + bytes(packet) + b"#%02x" % (
            sum(packet) & 0xff) + data[m.end() + 2:]


class ProbeLost(standin.Faults):
    """The probe's connection is cut in the middle of the load; or, later, where
    the console has said `when`."""

    def __init__(self, packet=b"", when=b""):
        self.packet, self.when, self.heard = packet, when, b""

    def console(self, data):
        self.heard += data
        return data

    def gdb(self, data):
        if self.packet and self.packet in data:
            return None
        if self.when and self.when in self.heard:
            return None
        return data
