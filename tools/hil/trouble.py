"""trouble.py tells what a tool's message means, in one line.

Each entry: a pattern of what the tool says, and what to tell. SEEN are messages
that were provoked without hardware (tests/hil/test_messages.py provokes them
again); the others are from the tools' sources and documentation.
"""

import re


class Trouble(Exception):
    """The bench is at fault, and how."""


NO_PROBE = "no probe: is it plugged in? (lsusb)"
NO_RIGHTS = "no permission to open the probe: its udev rules are missing for " \
    "this user (group plugdev; docs/hil.md), or the session is older than them"
NO_CHIP = "the probe finds no chip: is the board powered and wired?"
VERIFY = "verify failed: the flash does not hold what was written"
BUSY = "the probe is busy: another program has it open"

SEEN = {
    "openocd": [
        (r"Error: open failed", NO_PROBE),
        (r"unable to find a matching CMSIS-DAP device", NO_PROBE),
        (r"No J-Link device found", NO_PROBE),
        (r"Can't find (\S+\.cfg)", "openocd has no \\1"),
        (r"couldn't open (\S+)", "openocd cannot read \\1"),
        (r"invalid command name \"?([\w ]+)\"?",
         "openocd does not know \\1"),
    ],
    "pyocd": [
        (r"No available debug probes|No connected debug probes|"
         r"There is no debug probe",
         NO_PROBE),
        (r"Target type (\S+) not recognized",
         "pyocd does not know the chip \\1"),
        (r"argument -t/--target: invalid choice: '?(\S+?)'? ",
         "pyocd does not know the chip \\1"),
    ],
    "st-flash": [
        (r"Found 0 stlink|Couldn't find any ST-Link|Failed to connect to target|"
         r"Couldn't detect ST-Link", NO_PROBE),
    ],
    "dfu-util": [
        (r"No DFU capable USB device available",
         "no board in DFU mode: hold BOOT0, press reset (dfu-util -l)"),
    ],
}
READ = {
    "openocd": [
        (r"LIBUSB_ERROR_ACCESS|libusb_open\(\) failed.*ACCESS|"
         r"Permission denied", NO_RIGHTS),
        (r"LIBUSB_ERROR_BUSY|unable to claim interface", BUSY),
        (r"gzero: wrong chip (\S+), not (\S+)",
         "wrong chip: its id is \\1, not \\2"),
        (r"\*\* Verify Failed \*\*|Error: checksum mismatch|contents differ",
         VERIFY),
        (r"\*\* Programming Failed \*\*", "the flash was not written"),
        (r"init mode failed|target voltage may be too low|"
         r"Error connecting DP|cannot read IDR|Could not initialize the debug "
         r"port|Target not examined|timed out while waiting for target halted",
         NO_CHIP),
        (r"no flash bank found for address (\S+)|not enough space|"
         r"image .* too large", "the image does not fit the flash"),
    ],
    "pyocd": [
        (r"Access denied|insufficient permissions|Errno 13", NO_RIGHTS),
        (r"flash .*verif|Program page failure|page failed verification",
         VERIFY),
        (r"No ACK|SWD/JTAG Communication Failure|DP initiali[sz]ation",
         NO_CHIP),
    ],
    "st-flash": [
        (r"LIBUSB_ERROR_ACCESS|Could not open USB device", NO_RIGHTS),
        (r"unknown chip id|Failed to parse flash type|chip id.*0x0+\b", NO_CHIP),
        (r"Verification of flash failed|flash verif|Flash memory verification",
         VERIFY),
    ],
    "dfu-util": [
        (r"Cannot open DFU device .*(LIBUSB_ERROR_ACCESS|errno 13)|"
         r"LIBUSB_ERROR_ACCESS", NO_RIGHTS),
        (r"gzero: differs", VERIFY),
    ],
}


def recognise(tool, said):
    """One line for what a tool said, None if it is not known."""
    for pattern, text in READ.get(tool, []) + SEEN.get(tool, []):
        m = re.search(pattern, said)
        if m:
            return m.expand(text)
    return None


# What gdb says of its connection and of a load.
GDB = [
    (r"Connection refused|Connection timed out|could not connect",
     "no board: nothing answers at the GDB server"),
    (r"gz:wrong (\S+) (\S+) (\S+)",
     "wrong board: its \\1 is \\2, not \\3"),
    (r"Section (\S+), range .*MIS-MATCHED!",
     "flash verify failed: \\1 does not hold what was written"),
    (r"Remote connection closed|Connection reset by peer|Broken pipe|"
     r"Remote communication error|Ending remote debugging",
     "the probe is lost: its connection was cut"),
    (r"Error (erasing|writing|finishing) flash|Load failed|"
     r"Error writing data to flash", "the flash was not written"),
    (r"Cannot access memory at address (\S+)|Cannot access memory",
     "the probe cannot read the board's memory"),
    (r"Remote failure reply|Reply contains invalid|Truncated register",
     "the probe gives no sensible answer"),
]


def of_gdb(said):
    for pattern, text in GDB:
        m = re.search(pattern, said)
        if m:
            return m.expand(text)
    lines = [w for w in said.split("\n") if w.strip()]
    return "gdb: " + (lines[-1] if lines else "no word from it")
