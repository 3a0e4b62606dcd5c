"""dwarfinfo.py reads from an image's debug information what C calls its types
and variables: sizes of structs, offsets of members, dimensions of arrays.

Only the compilation units that are asked for are read, which keeps it to a
tenth of a second. DWARF 4 and 5 as gcc writes them; 64-bit DWARF is not.
"""

from mksymtab import Reader

(TAG_ARRAY, TAG_MEMBER, TAG_POINTER, TAG_STRUCT, TAG_TYPEDEF, TAG_UNION,
 TAG_SUBRANGE, TAG_VARIABLE, TAG_CONST, TAG_VOLATILE, TAG_ATOMIC) = (
     0x01, 0x0D, 0x0F, 0x13, 0x16, 0x17, 0x21, 0x34, 0x26, 0x35, 0x47)
(AT_NAME, AT_BYTE_SIZE, AT_UPPER_BOUND, AT_COUNT, AT_MEMBER, AT_TYPE,
 AT_LOCATION, AT_SPECIFICATION, AT_STR_OFFSETS) = (
     0x03, 0x0B, 0x2F, 0x37, 0x38, 0x49, 0x02, 0x47, 0x72)
WRAPPERS = (TAG_TYPEDEF, TAG_CONST, TAG_VOLATILE, TAG_ATOMIC)
OP_ADDR = 0x03

FIXED = {0x01: None, 0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16, 0x0C: 1,
         0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x20: 8, 0x17: 4}


class Entry:
    """A DIE: its tag, its attributes, its children."""

    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.children = tag, attributes, []

    def get(self, attribute, default=None):
        return self.attributes.get(attribute, default)


class Info:
    """The units of .debug_info whose name the function `wanted` takes."""

    def __init__(self, elf, wanted):
        self.elf, self.wanted = elf, wanted
        self.data = elf.section(".debug_info")[1]
        self.abbrevs = elf.section(".debug_abbrev")[1]
        self.strings = elf.section(".debug_str")[1]
        self.linestrings = elf.section(".debug_line_str")[1]
        self.entries = {}  # by offset
        self.tables = {}
        self.units = []
        pos = 0
        while pos + 4 <= len(self.data):
            start = pos
            r = Reader(self.data, pos, len(self.data), elf.word)
            length = r.u(4)
            r.end = pos = r.pos + length
            self.unit(r, start)

    def abbreviations(self, offset):
        if offset in self.tables:
            return self.tables[offset]
        r = Reader(self.abbrevs, offset, len(self.abbrevs), self.elf.word)
        table = {}
        while code := r.uleb():
            tag, children, forms = r.uleb(), r.u(1), []
            while True:
                attribute, form = r.uleb(), r.uleb()
                value = r.sleb() if form == 0x21 else None
                if not attribute and not form:
                    break
                forms.append((attribute, form, value))
            table[code] = tag, children, forms
        self.tables[offset] = table
        return table

    @staticmethod
    def text(data, offset):
        return data[offset:data.index(b"\0", offset)].decode(errors="replace")

    def value(self, r, form, implicit, start):
        if form == 0x08:
            return r.string()
        if form == 0x0E:
            return self.text(self.strings, r.u(4))
        if form == 0x1F:
            return self.text(self.linestrings, r.u(4))
        if form == 0x21:
            return implicit
        if form == 0x19:  # flag_present
            return True
        if form in (0x11, 0x12, 0x13, 0x14):  # references in the unit
            return start + r.u(FIXED[form])
        if form == 0x15:
            return start + r.uleb()
        if form == 0x10:  # ref_addr
            return r.u(4)
        if form == 0x01:
            return r.u(self.elf.word)
        if form == 0x0D:
            return r.sleb()
        if form in (0x0F, 0x1A, 0x1B, 0x22, 0x23):
            return r.uleb()
        if form in (0x18, 0x09, 0x0A, 0x03, 0x04):  # exprloc, blocks
            size = {0x0A: 1, 0x03: 2, 0x04: 4}.get(form)
            n = r.u(size) if size else r.uleb()
            r.pos += n
            return r.data[r.pos - n:r.pos]
        if form in FIXED:
            return r.u(FIXED[form])
        raise SystemExit(f"debug information: form {form:#x}")

    def unit(self, r, start):
        version = r.u(2)
        if version >= 5:
            sort = r.u(1)
            r.u(1)
            table = self.abbreviations(r.u(4))
            if sort != 1:
                return
        else:
            table = self.abbreviations(r.u(4))
            r.u(1)
        stack = []
        while r.pos < r.end:
            offset = r.pos
            code = r.uleb()
            if code == 0:
                stack.pop()
                if not stack:
                    return
                continue
            tag, children, forms = table[code]
            entry = Entry(tag, {a: self.value(r, form, implicit, start)
                                for a, form, implicit in forms})
            if not stack:
                if not self.wanted(entry.get(AT_NAME, "")):
                    return
                self.units.append(entry)
            else:
                stack[-1].children.append(entry)
            self.entries[offset] = entry
            if children:
                stack.append(entry)

    # ---- Questions ------------------------------------------------------

    def find(self, tag, name):
        """The first complete entry of that tag and name in any unit."""
        for unit in self.units:
            for entry in unit.children:
                if entry.tag == tag and entry.get(AT_NAME) == name and (
                        tag != TAG_STRUCT or AT_BYTE_SIZE in entry.attributes):
                    return entry
        return None

    def struct(self, name):
        return self.find(TAG_STRUCT, name)

    def variable(self, name):
        """The entry of a variable that has an address, or None."""
        for unit in self.units:
            for entry in unit.children:
                if entry.tag == TAG_VARIABLE and AT_LOCATION in \
                   entry.attributes and self.name(entry) == name:
                    return entry
        return None

    def name(self, entry):
        base = self.entries.get(entry.get(AT_SPECIFICATION))
        return entry.get(AT_NAME) or (base and base.get(AT_NAME))

    def type(self, entry):
        """The type's entry, without typedefs and qualifiers."""
        base = self.entries.get(entry.get(AT_SPECIFICATION))
        at = entry.get(AT_TYPE, base and base.get(AT_TYPE))
        t = self.entries.get(at)
        while t is not None and t.tag in WRAPPERS:
            t = self.entries.get(t.get(AT_TYPE))
        return t

    def dimensions(self, array):
        """[n, ...] of an array type."""
        result = []
        for c in array.children:
            if c.tag == TAG_SUBRANGE:
                result.append(c.get(AT_COUNT, c.get(AT_UPPER_BOUND, -1) + 1))
        return result

    def sizeof(self, t):
        if t.tag == TAG_ARRAY:
            n = self.sizeof(self.type(t))
            for d in self.dimensions(t):
                n *= d
            return n
        if t.tag == TAG_POINTER:
            return t.get(AT_BYTE_SIZE, self.elf.word)
        return t.get(AT_BYTE_SIZE)

    def address(self, variable):
        where = variable.get(AT_LOCATION)
        if not where or where[0] != OP_ADDR:
            raise SystemExit(f"{self.name(variable)} has no address")
        return int.from_bytes(where[1:1 + self.elf.word], "little")

    def members(self, struct):
        """{name: (offset, size)}"""
        return {m.get(AT_NAME): (m.get(AT_MEMBER, 0), self.sizeof(
            self.type(m))) for m in struct.children if m.tag == TAG_MEMBER}
