"""The hooks, for authors of connectors and of policies, and what exporters are made of."""

import inspect
from collections.abc import Iterator

from generated import source
from generated.text import doc, first, table
from jackfield import hookspecs
from jackfield.hookspecs import ConnectorSpec, PolicySpec

CONNECTOR, POLICY = ConnectorSpec, PolicySpec


def hooks(spec: type) -> Iterator[tuple[str, list[str], object]]:
    """Each hook of *spec* in the order of its definition: name, arguments without self, function."""
    for name, hook in vars(spec).items():
        if not name.startswith("_") and inspect.isfunction(hook):
            yield name, list(inspect.signature(hook).parameters)[1:], hook


def heading(name: str, arguments: list[str]) -> str:
    """A hook with its exact arguments."""
    return f"`{name}({', '.join(arguments)})`"


def overview(spec: type) -> str:
    """A table of the hooks: name, kind, what it does."""
    return table(
        ("hook", "kind", "meaning"),
        [(f"[`{name}`](#{_anchor(name, given)})", _kind(hook), first(hook)) for name, given, hook in hooks(spec)],
    )


def reference(spec: type) -> str:
    """A section for each hook: its signature as an author writes it, and its whole docstring."""
    return "\n\n".join(
        f"### {heading(name, given)}\n\n{_code(source.signature(hook, awaited=source.is_awaited(hook)))}\n\n{doc(hook)}"
        for name, given, hook in hooks(spec)
    )


def beside() -> str:
    """A section for each of the other things that a connector takes from hookspecs."""
    shown = (
        (hookspecs.family, source.signature(hookspecs.family)),
        (hookspecs.Reads, ""),
        (hookspecs.SyncView, source.signature(hookspecs.SyncView.stored)),
        (hookspecs.ConnectorType, _fields(hookspecs.ConnectorType)),
        (hookspecs.Context, _fields(hookspecs.Context)),
        (hookspecs.PolicyType, _fields(hookspecs.PolicyType)),
        (hookspecs.Proposed, _fields(hookspecs.Proposed)),
        (hookspecs.Published, _fields(hookspecs.Published)),
    )
    return "\n\n".join(
        f"### `{each.__name__}`\n\n{_code(written)}\n\n{doc(each)}"
        if written
        else f"### `{each.__name__}`\n\n{doc(each)}"
        for each, written in shown
    )


def exporters() -> str:
    """A section for each of the things that an exporter is made of and called with."""
    structs = (hookspecs.ExporterType, hookspecs.ExportOption, hookspecs.SnapshotFacts, hookspecs.AccessLine)
    parts = [f"### `{each.__name__}`\n\n{_code(_fields(each))}\n\n{doc(each)}" for each in structs]
    views = (hookspecs.Export, hookspecs.SignInTimes)
    parts[2:2] = [f"### `{each.__name__}`\n\n{doc(each)}\n\n{_members(each)}" for each in views]
    return "\n\n".join(parts)


def importers() -> str:
    """The same for an importer."""
    struct, view = hookspecs.ImporterType, hookspecs.Import
    return "\n\n".join(
        (
            f"### `{struct.__name__}`\n\n{_code(_fields(struct))}\n\n{doc(struct)}",
            f"### `{view.__name__}`\n\n{doc(view)}\n\n{_members(view)}",
        )
    )


def services() -> str:
    """A section for each of the things that a service is made of and run with."""
    structs = (hookspecs.ServiceType, hookspecs.ServedSync)
    parts = [f"### `{each.__name__}`\n\n{_code(_fields(each))}\n\n{doc(each)}" for each in structs]
    views = (hookspecs.ServiceHost, hookspecs.ServedConnection)
    parts[1:1] = [f"### `{each.__name__}`\n\n{doc(each)}\n\n{_members(each)}" for each in views]
    return "\n\n".join(parts)


def _members(view: type) -> str:
    """A table of what a protocol has: attributes with their types, and methods with their arguments."""
    rows: list[tuple[str, str]] = []
    for name, member in vars(view).items():
        if isinstance(member, property):
            rows.append((f"`{name}: {source.gives(member.fget)}`", first(member.fget)))
        elif not name.startswith("_") and inspect.isfunction(member):
            written = source.signature(member).removeprefix("def ").replace("(self, ", "(").replace("(self)", "()")
            rows.append((f"`{written}`", first(member)))
    return table(("what", "meaning"), rows)


def _fields(struct: type) -> str:
    return "\n".join(
        f"{field.name}: {field.type}" + (f" = {field.default}" if field.default else "")
        for field in source.fields(struct)
    )


def _kind(hook: object) -> str:
    return "async def" if source.is_awaited(hook) else "def"


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _anchor(name: str, arguments: list[str]) -> str:
    """The anchor that a heading gets: its letters, with a dash for each space."""
    return name + "-".join(arguments)
