"""Every rule of the format that the evidence lists has the test that it names."""

from pathlib import Path

from tests.bench.c1z import RULES

ROOT = Path(__file__).parent.parent


def test_each_test_that_is_named_is_there() -> None:
    tests = "".join(
        file.read_text(encoding="utf-8")
        for folder in (ROOT / "plugins" / "c1" / "tests", ROOT / "framework" / "tests")
        for file in folder.glob("test_*.py")
    )
    assert [test for _, _, test in RULES if f"def {test}(" not in tests] == []


def test_the_evidence_is_of_these_rules() -> None:
    page = (ROOT / "docs" / "evidence" / "c1z.md").read_text(encoding="utf-8")
    assert all(f"| {section} | {rule} | `{test}` |" in page for section, rule, test in RULES)
