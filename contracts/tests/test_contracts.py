"""The contracts as data: golden documents, their JSON Schemas, and the form of every Struct."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import jackfield_contracts
from jackfield_contracts import AccountStatus, Page, Resource, ResourceId, UserTrait, Verdict
from jackfield_contracts.schemas import contracts, drift, main

HERE = Path(__file__).parent
GOLDEN = sorted((HERE / "golden").glob("*.json"))
SCHEMAS = HERE.parent / "schemas"


def contract_of(file: Path) -> type[msgspec.Struct]:
    return contracts()[file.stem.partition("--")[0]]


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_golden_document_is_decoded_and_encoded_to_the_same_bytes(file: Path) -> None:
    document = file.read_bytes()
    value = msgspec.json.decode(document, type=contract_of(file), strict=True)
    assert msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n" == document


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_document_of_a_later_minor_version_is_read_without_its_new_fields(file: Path) -> None:
    known = json.loads(file.read_text(encoding="utf-8"))
    later = json.dumps({**known, "added_later": {"deep": [1]}})
    assert msgspec.json.decode(later, type=contract_of(file)) == msgspec.json.decode(
        file.read_bytes(), type=contract_of(file)
    )


@pytest.mark.parametrize("name", contracts())
def test_golden_documents_show_every_field_of_every_contract(name: str) -> None:
    shown: set[str] = set()
    for file in GOLDEN:
        if file.stem.partition("--")[0] == name:
            shown |= json.loads(file.read_text(encoding="utf-8")).keys()
    fields = {field.encode_name for field in msgspec.structs.fields(contracts()[name])}
    assert fields <= shown


def _exports(module: str) -> list[str]:
    return getattr(sys.modules[module], "__all__", []) if module.startswith("jackfield_contracts.") else []


def test_the_package_exports_everything_that_is_public_in_it() -> None:
    structs = {
        value.__name__
        for name, module in sys.modules.items()
        if name.startswith("jackfield_contracts.")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct
    }
    assert structs == {struct.__name__ for struct in contracts().values()}
    lists = [names for name in sys.modules if (names := _exports(name))]
    assert len(lists) == 10
    assert [sorted(names) for names in lists] == lists
    assert sorted(jackfield_contracts.__all__) == sorted(name for names in lists for name in names)


@pytest.mark.parametrize("struct", contracts().values(), ids=lambda struct: struct.__name__)
def test_a_contract_is_frozen_takes_keywords_only_and_says_what_it_is(struct: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(struct)
    assert struct.__struct_config__.frozen
    assert struct.__doc__
    assert struct.__doc__.partition("\n")[0].rstrip().endswith((".", ":", ";"))
    with pytest.raises(TypeError, match="positional"):
        struct(*(None for _ in fields))
    whole = struct(**dict.fromkeys((field.name for field in fields), None))
    with pytest.raises(AttributeError):
        setattr(whole, fields[0].name, None)


@pytest.mark.parametrize("struct", contracts().values(), ids=lambda struct: struct.__name__)
def test_a_contract_grows_by_optional_fields_so_those_come_last_and_unknown_ones_pass(
    struct: type[msgspec.Struct],
) -> None:
    required = [field.required for field in msgspec.structs.fields(struct)]
    assert required == sorted(required, reverse=True)
    assert not struct.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ('{"type":"User","id":"1"}', "$.type"),
        ('{"type":"user\\n","id":"1"}', "$.type"),
        ('{"type":"user","id":""}', "$.id"),
        ('{"type":"user","id":7}', "$.id"),
        ('{"type":"user"}', "`id`"),
    ],
)
def test_an_identifier_that_has_no_text_form_is_refused_where_it_is_decoded(document: str, at: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(document, type=ResourceId)
    assert at in str(refused.value)


def test_a_page_tells_its_rows_apart_by_their_kind_and_refuses_a_kind_that_it_does_not_know() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"kind.*|items"):
        msgspec.json.decode('{"items":[{"kind":"event"}]}', type=Page)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode('{"items":[{"id":{"type":"user","id":"1"},"scope":"user"}]}', type=Page)


def test_a_trait_carries_its_name_so_that_any_reader_knows_what_it_has() -> None:
    user = Resource(
        id=ResourceId(type="user", id="1"),
        scope="user",
        display_name="A",
        trait=UserTrait(status=AccountStatus.UNKNOWN, status_raw="frozen"),
    )
    assert json.loads(msgspec.json.encode(user))["trait"] == {
        "trait": "user",
        "status": "unknown",
        "status_raw": "frozen",
    }


def test_absence_means_absence_only_in_a_scope_that_was_read_whole() -> None:
    assert [verdict for verdict in Verdict if verdict.whole] == [Verdict.COMPLETE, Verdict.UNRECONCILED]


def test_the_schemas_in_the_repository_are_those_of_the_contracts() -> None:
    assert drift(SCHEMAS) == [], "run: python -m jackfield_contracts.schemas contracts/schemas"


def test_the_generator_gives_the_same_bytes_whatever_the_seed_of_hashes(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "jackfield_contracts.schemas", str(tmp_path / seed)]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, timeout=60)
        assert drift(tmp_path / seed) == []


def test_the_check_names_what_drifted_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "schemas")]) == 0
    folder = tmp_path / "schemas"
    (folder / "page.json").unlink()
    (folder / "seal.json").write_text("{}")
    (folder / "old.json").write_text("{}")
    assert main(["--check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "page.json is missing" in said
    assert "seal.json differs" in said
    assert "old.json belongs to no contract" in said
    assert (folder / "seal.json").read_text() == "{}"
    assert not (folder / "page.json").exists()


def test_the_package_does_no_io_and_does_not_load_its_generator() -> None:
    unwanted = {"argparse", "pathlib", "jackfield_contracts.schemas"}
    code = f"import jackfield_contracts; print([name for name in {sorted(unwanted)} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-S", "-c", _with_paths(code)], capture_output=True, text=True, timeout=60)
    assert found.stdout.strip() == "[]", found.stderr


def _with_paths(code: str) -> str:
    paths = [str(Path(module.__file__ or "").parent.parent) for module in (jackfield_contracts, msgspec)]
    return f"import sys; sys.path[:0] = {paths!r}; {code}"
