"""The name that ``jackfield_dropbox_simulator`` had as a part of this distribution; it goes away with version 2.

Promises that ``python -m jackfield_dropbox.simulator`` and imports below that name work where
``jackfield-dropbox[simulator]`` is installed.
"""

import sys
from importlib import import_module

if __name__ == "__main__":
    sys.exit(import_module("jackfield_dropbox_simulator.__main__").main())
sys.modules[__name__] = import_module("jackfield_dropbox_simulator")
