"""classes.py is what a hil.yaml imports. labgrid runs it once for each environment,
and will not have a class twice: so they are in a module, which is loaded once."""

import os
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import gzlab  # noqa: E402, F401
