"""The planted bugs of our corpora, as lists for the page of mistakes."""

from pathlib import Path

from jackfield_testkit.patches import patches_in

_PLUGINS = Path(__file__).parents[2] / "plugins"


def planted(plugin: str) -> str:
    """A line for each planted bug of a connector: what is wrong, and why that matters."""
    return "\n".join(f"* {each.title}. *{each.why.rstrip('.')}.*" for each in patches_in(_PLUGINS / plugin / "mutants"))
