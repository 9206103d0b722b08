"""What of a difference between two sets of schemas breaks programs, and that the contracts only grew since their release."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield_contracts import schemas
from jackfield_contracts.schema_changes import Effect, differences
from jackfield_contracts.since import SINCE

RELEASED = Path(__file__).parent.parent / "schemas" / "released"
NOW = {Path(name).stem: json.loads(text) for name, text in schemas.documents().items()}


def compared(change: Callable[[dict[str, Any]], None]) -> list[str]:
    """What is told of a copy of the present schemas after *change*."""
    later = copy.deepcopy(NOW)
    change(later)
    return [str(each) for each in differences(NOW, later)]


def of(later: dict[str, Any], contract: str) -> dict[str, Any]:
    return later["resource"]["$defs"][contract]


ADDITIVE: dict[str, Callable[[dict[str, Any]], object]] = {
    "the contract is new": lambda all: all.update(lease={"type": "object"}),
    "the field is new": lambda all: of(all, "Resource")["properties"].update(owner={"type": "string", "default": ""}),
    "the value 'sleeping' is new": lambda all: of(all, "AccountStatus")["enum"].append("sleeping"),
    "the value 'secret' is new": lambda all: trait(all)["mapping"].update(secret="#/$defs/SecretTrait"),
    "it is deprecated": lambda all: of(all, "Resource")["properties"]["link"].update(deprecated=True),
}
BREAKING: dict[str, Callable[[dict[str, Any]], object]] = {
    "the contract is gone": lambda all: all.pop("page"),
    "the field is gone": lambda all: of(all, "Resource")["properties"].pop("link"),
    "the field is new and required": lambda all: (
        of(all, "Resource")["properties"].update(owner={"type": "string"}),
        of(all, "Resource")["required"].append("owner"),
    ),
    "is required now": lambda all: of(all, "Resource")["required"].append("link"),
    "need not be there any more": lambda all: of(all, "Resource")["required"].remove("display_name"),
    "the value 'deleted' is gone": lambda all: of(all, "AccountStatus")["enum"].remove("deleted"),
    "the value 'license' is gone": lambda all: trait(all)["mapping"].pop("license"),
    "'app' stands for another contract": lambda all: trait(all)["mapping"].update(app="#/$defs/RoleTrait"),
    "told apart by another field": lambda all: trait(all).update(propertyName="type"),
    'type was "string" and is "integer"': lambda all: field(all, "display_name").update(type="integer"),
    'default was "" and is "none"': lambda all: field(all, "description").update(default="none"),
    "default was null and is not set": lambda all: field(all, "link").pop("default"),
    "maxLength was not set and is 80": lambda all: field(all, "display_name").update(maxLength=80),
    'type was "null" and is "integer"': lambda all: field(all, "link")["anyOf"][1].update(type="integer"),
    "anyOf was": lambda all: field(all, "link")["anyOf"].append({"type": "integer"}),
    "it became an enumeration": lambda all: field(all, "scope").update(enum=["all"]),
    "$ref was": lambda all: field(all, "id").update({"$ref": "#/$defs/EntitlementId"}),
}


def trait(all: dict[str, Any]) -> dict[str, Any]:
    return of(all, "Resource")["properties"]["trait"]["anyOf"][0]["discriminator"]


def field(all: dict[str, Any], name: str) -> dict[str, Any]:
    return of(all, "Resource")["properties"][name]


@pytest.mark.parametrize("told", ADDITIVE)
def test_what_old_programs_need_not_know_is_additive(told: str):
    (only,) = compared(lambda all: ADDITIVE[told](all))
    assert only.startswith("additive: ") and told in only


@pytest.mark.parametrize("told", BREAKING)
def test_what_old_programs_rely_on_is_breaking(told: str):
    found = compared(lambda all: BREAKING[told](all))
    assert any(one.startswith("breaking: ") and told in one for one in found), found


def test_a_difference_within_a_list_is_found():
    def change(all: dict[str, Any]) -> None:
        of(all, "UserTrait")["properties"]["emails"]["items"]["$ref"] = "#/$defs/Tenant"

    assert [one.partition(": $ref")[0] for one in compared(change)] == ["breaking: UserTrait.emails"]


def test_wording_is_no_difference_and_one_difference_in_many_contracts_is_told_once():
    def change(all: dict[str, Any]) -> None:
        for each in all.values():
            for inner in each["$defs"].values():
                inner["description"] = "said otherwise"
                if inner.get("title") == "Resource":
                    inner["properties"].pop("link")

    assert compared(change) == ["breaking: Resource.link: the field is gone"]


def nodes(value: Any) -> list[tuple[dict[str, Any], str]]:
    """Every key of every object in a document that says something, but for those of wording."""
    if isinstance(value, list):
        return [found for each in value for found in nodes(each)]
    if not isinstance(value, dict):
        return []
    wording = ("description", "title", "$schema", "$id", "$defs")
    own = [(value, key) for key in value if key not in wording and not (key == "required" and value[key] == [])]
    return own + [found for each in value.values() for found in nodes(each)]


@settings(max_examples=300)
@given(st.data())
def test_nothing_can_be_taken_out_of_a_schema_unnoticed(data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(NOW)))
    later = {name: copy.deepcopy(NOW[name])}
    holder, key = data.draw(st.sampled_from(nodes(later[name])))
    del holder[key]
    assert Effect.BREAKING in {each.effect for each in differences({name: NOW[name]}, later)}


def test_the_command_tells_each_difference_and_fails_on_a_breaking_one(tmp_path: Path):
    def run(change: Callable[[dict[str, Any]], object]) -> tuple[int, str]:
        later = copy.deepcopy(NOW)
        change(later)
        for folder, all in (("old", NOW), ("new", later)):
            (tmp_path / folder).mkdir(exist_ok=True)
            for name, schema in all.items():
                (tmp_path / folder / f"{name}.json").write_text(json.dumps(schema))
        command = [sys.executable, "-m", "jackfield_contracts.schemas", "--compare", "old", "new"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert run(lambda all: None) == (0, "")
    assert run(ADDITIVE["the contract is new"]) == (0, "additive: lease: the contract is new\n")
    (tmp_path / "new" / "lease.json").unlink()
    assert run(BREAKING["the field is gone"]) == (1, "breaking: Resource.link: the field is gone\n")


@pytest.mark.parametrize("arguments", [[], ["here", "--compare", "a", "b"], ["--compare", "a"]])
def test_wrong_usage_of_the_command_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        schemas.main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_folder_without_schemas_is_not_taken_for_one_without_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert schemas.main(["--compare", str(tmp_path), str(tmp_path)]) == 2
    assert "no schemas" in capsys.readouterr().err


@pytest.mark.parametrize("folder", sorted(RELEASED.iterdir()), ids=lambda folder: folder.name)
def test_the_contracts_only_grew_since_the_release(folder: Path):
    broken = [str(each) for each in differences(schemas.read(folder), NOW) if each.effect is Effect.BREAKING]
    assert broken == []


@pytest.mark.parametrize("folder", sorted(RELEASED.iterdir()), ids=lambda folder: folder.name)
def test_what_is_newer_than_the_release_says_since_when_it_is_there(folder: Path):
    fields = {each.at for each in differences(schemas.read(folder), NOW) if each.what == "the field is new"}
    assert {at for at in fields if at.partition(".")[0] in SINCE} <= set(SINCE)


def test_every_contract_says_since_when_it_is_there():
    contracts = {struct.__name__: struct for struct in schemas.contracts().values()}
    assert {name for name in SINCE if "." not in name} == set(contracts)
    for name, version in SINCE.items():
        contract, _, field = name.partition(".")
        if field:
            assert field in contracts[contract].__struct_fields__
            assert version > SINCE[contract]


def test_a_deprecated_field_is_marked_in_the_schema():
    class Old(msgspec.Struct):
        gone: Annotated[str, msgspec.Meta(extra_json_schema={"deprecated": True})] = ""

    assert msgspec.json.schema(Old)["$defs"]["Old"]["properties"]["gone"]["deprecated"] is True
