"""The name that ``jackfield_testkit`` had as a part of this distribution; it goes away with version 2 of the plugin interface.

Promises that ``from jackfield.testkit import ConnectorSuite`` and ``python -m jackfield.testkit.mutants`` work where
``jackfield[testkit]`` is installed.
"""

import sys
from importlib import import_module

sys.modules[__name__] = import_module("jackfield_testkit")
