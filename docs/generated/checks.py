"""The rules of the conformance kit, from the checks themselves."""

import inspect

from generated import source
from generated.text import doc, table
from jackfield_testkit import Backend, ConnectorSuite, Samples, Truth
from jackfield_testkit.finding import rule_and_reason
from jackfield_testkit.suite import every_check


def rules() -> str:
    """A table: check, rule, reason."""
    told = {name: rule_and_reason(text) for name, text in every_check().items()}
    return table(
        ("check", "rule", "why"),
        [(f"`{name}`", rule.replace("``", "`"), reason.replace("``", "`")) for name, (rule, reason) in told.items()],
    )


def data() -> str:
    """A section for each thing that an author gives."""
    fields = {each: _fields(each) for each in (Truth, Samples)}
    shown = (ConnectorSuite, Backend, Truth, Samples)
    return "\n\n".join(f"### `{each.__name__}`\n\n{fields.get(each, '')}{doc(each)}" for each in shown)


def options() -> str:
    """A table of the options that the kit adds to pytest."""
    import pytest

    from jackfield_testkit.plugin import pytest_addoption

    parser = pytest.Parser(_ispytest=True)
    pytest_addoption(parser)
    given = [option.attrs() for group in parser._groups for option in group.options]
    names = [option.names()[0] for group in parser._groups for option in group.options]
    return table(
        ("option", "meaning"),
        [(f"`{name} {its['metavar']}`", inspect.cleandoc(its["help"])) for name, its in zip(names, given, strict=True)],
    )


def _fields(struct: type) -> str:
    rows = [
        f"{each.name}: {each.type}" + (f" = {each.default}" if each.default else "") for each in source.fields(struct)
    ]
    return "```python\n" + "\n".join(rows) + "\n```\n\n"
