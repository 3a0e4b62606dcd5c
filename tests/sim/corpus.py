#!/usr/bin/env python3
"""corpus.py: the corpus as text and as files.

    tests/sim/corpus.py TEXT FOLDER     writes a file for each line of TEXT
    tests/sim/corpus.py --take N FOLDER prints the N smallest files as lines
"""

import hashlib
import os
import sys


def main():
    if sys.argv[1] == "--take":
        files = [os.path.join(sys.argv[3], f) for f in os.listdir(sys.argv[3])
                 if not f.startswith(("crash", "leak", "slow", "timeout"))]
        files.sort(key=lambda f: (os.path.getsize(f), f))
        for path in files[:int(sys.argv[2])]:
            with open(path, "rb") as f:
                print(f.read().hex())
        return
    with open(sys.argv[1]) as f:
        for line in f:
            data = bytes.fromhex(line)
            name = hashlib.sha1(data).hexdigest()
            with open(os.path.join(sys.argv[2], name), "wb") as out:
                out.write(data)


main()
