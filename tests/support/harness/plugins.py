"""Plugins installed for a test; the installer lives with the framework's own tests."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[3] / "framework" / "tests" / "installing.py"


def installer() -> Callable[..., Any]:
    """``install`` of the framework's tests: a distribution as an installer leaves it."""
    spec = spec_from_file_location("framework_installing", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.install
