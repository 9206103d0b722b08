"""Distributions as an installer leaves them: a dist-info folder beside its modules."""

from collections.abc import Mapping
from pathlib import Path


def install(
    site: Path,
    name: str,
    *,
    points: Mapping[str, Mapping[str, str]] | None = None,
    modules: Mapping[str, str] | None = None,
    version: str = "1.0",
    raw_points: str | None = None,
    metadata: bool = True,
) -> Path:
    """Install the distribution *name* below *site*: entry points by group and name, modules by name; its dist-info."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    if metadata:
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    write_points(info, points or {}, raw_points)
    for module, code in (modules or {}).items():
        (site / f"{module}.py").write_text(code, encoding="utf-8")
    return info


def write_points(info: Path, points: Mapping[str, Mapping[str, str]], raw: str | None = None) -> None:
    """Write entry_points.txt of a distribution."""
    lines: list[str] = []
    for group, named in points.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in named.items())]
    (info / "entry_points.txt").write_text(raw if raw is not None else "\n".join(lines) + "\n")
