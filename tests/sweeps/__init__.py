"""The long sweeps: each module is one promise, tried many times, with a table of what was seen.

``python -m tests.sweeps`` runs them in full and writes ``docs/evidence/*.md``; the tests beside run a sample of each.
"""

import sys
from pathlib import Path

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)
