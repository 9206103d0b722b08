"""Change files: what each format says, what is wrong in it and where, and that size does not matter."""

import time
from pathlib import Path
from typing import Any

import pytest

from jackfield.changes.kinds.access import GrantRequest
from jackfield.changes.kinds.request import Request
from jackfield.changes.kinds.values import read_pairs, read_value, read_values
from jackfield.changes.request_files import read_requests
from jackfield.changes.requests import WrongRequests, request_of
from jackfield.errors import BadConfig
from jackfield_contracts import Argument, ArgumentType


def read(folder: Path, content: str | bytes, ending: str = "csv") -> tuple[Request, ...]:
    file = folder / f"changes.{ending}"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_requests(file)


def wrong(folder: Path, content: str | bytes, ending: str = "csv") -> tuple[str, ...]:
    with pytest.raises(WrongRequests) as found:
        read(folder, content, ending)
    return found.value.problems


class TestCsv:
    def test_a_row_is_a_grant_unless_it_says_otherwise(self, tmp_path: Path):
        rows = read(tmp_path, "entitlement,principal\ngroup:g1/owner,ann@example.com\n")
        assert rows == (GrantRequest(entitlement="group:g1/owner", principal="ann@example.com", place="line 2"),)

    def test_all_kinds_and_columns(self, tmp_path: Path):
        rows = read(
            tmp_path,
            "kind,entitlement,principal,replace,account,name,arg.email,arg.wipe_data\n"
            "grant,role:r1/member,user:u1,yes,,,,\n"
            "revoke,role:r1/member,user:u1,,,,,\n"
            "create_account,,,,,,new@example.com,\n"
            "delete_account,,,,user:u1,,,\n"
            "disable_account,,,,Ann,,,false\n"
            "action,,,,user:u1,send_mail,,\n",
        )
        assert [row.kind for row in rows] == [
            *("grant", "revoke", "create_account", "delete_account", "disable_account", "action")
        ]
        assert rows[0].replace is True
        assert rows[2].arguments == {"email": "new@example.com"}
        assert (rows[4].account, rows[4].arguments) == ("Ann", {"wipe_data": "false"})
        assert (rows[5].name, rows[5].place) == ("send_mail", "line 7")

    @pytest.mark.parametrize(
        "content",
        [
            "\ufeffEntitlement,Principal\r\n\r\n,\r\nR&D/member,Ann\r\n",
            "entitlement;principal\nR&D/member;Ann",
            "entitlement\tprincipal\tkind\nR&D/member\tAnn\t\n",
            '"entitlement","principal",\n"R&D/member"," Ann ",,\n',
            "entitlement,principal\rR&D/member,Ann\r",
        ],
    )
    def test_what_spreadsheets_write_is_read(self, tmp_path: Path, content: str):
        (row,) = read(tmp_path, content)
        assert (row.entitlement, row.principal) == ("R&D/member", "Ann")

    def test_quoted_cells_hold_anything_and_lines_are_counted_on(self, tmp_path: Path):
        rows = read(
            tmp_path, 'entitlement,principal\n"Für, ""uns""\nalle/member",Ünïcödé\u2028x\n\ngroup:g1/member,user:u1\n'
        )
        assert rows[0].entitlement == 'Für, "uns"\nalle/member'
        assert rows[0].principal == "Ünïcödé\u2028x"
        assert [row.place for row in rows] == ["line 2", "line 5"]

    def test_all_wrong_rows_are_told_with_line_and_column(self, tmp_path: Path):
        problems = wrong(
            tmp_path,
            "kind,entitlement,principal,replace,account\n"
            "grant,group:g1/member,user:u1,,\n"
            "grnat,group:g1/member,user:u1,,\n"
            "grant,,user:u1,,\n"
            "revoke,group:g1/member,user:u1,yes,\n"
            "grant,group:g1/member,user:u1,perhaps,\n"
            "delete_account,,,,\n"
            "grant,group:g1/member,user:u1,,,more\n",
        )
        assert [problem.split(":")[0] for problem in problems] == [
            *("line 3, kind", "line 4, entitlement", "line 5, replace", "line 6, replace", "line 7, account", "line 8")
        ]
        assert "Did you mean 'grant'?" in problems[0]

    def test_of_very_many_some_are_told(self, tmp_path: Path):
        problems = wrong(tmp_path, "entitlement,principal\n" + "group:g1/member,\n" * 5000)
        assert len(problems) == 21
        assert problems[-1] == "… and 980 more"

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("", "holds no change"),
            ("entitlement,principal\n\n", "holds no change"),
            ("entitlement,prinzipal\na,b\n", "Did you mean 'principal'?"),
            ("entitlement,entitlement\na,b\n", "stands there twice"),
            ("entitlement,,principal\na,b,c\n", "a column has no name"),
            (b"entitlement,principal\na,\xff\n", "not UTF-8 text (at line 2)"),
        ],
    )
    def test_a_file_that_is_none_is_told(self, tmp_path: Path, content: str, told: str):
        with pytest.raises(BadConfig) as found:
            read(tmp_path, content)
        assert told in str(found.value)

    def test_quotation_marks_that_do_not_pair_are_told(self, tmp_path: Path):
        for content in ('entitlement,principal\na,b\n"c,d\n', 'entitlement,principal\na,b\n"c"d,e\n'):
            (problem,) = wrong(tmp_path, content)
            assert problem.startswith("line 3: ")

    def test_a_hundred_thousand_rows_take_seconds(self, tmp_path: Path):
        started = time.process_time()
        rows = read(
            tmp_path, "entitlement,principal\n" + "".join(f"group:g1/member,user:u{n}\n" for n in range(100_000))
        )
        assert len(rows) == 100_000
        assert time.process_time() - started < 10


class TestOthers:
    def test_json_lines(self, tmp_path: Path):
        rows = read(
            tmp_path,
            '{"entitlement":"a\u2028/member","principal":"user:u1","replace":true}\r\n\n'
            '{"kind":"create_account","arguments":{"email":"a@b","groups":["x","y"],"quiet":false}}',
            "jsonl",
        )
        assert (rows[0].entitlement, rows[0].replace, rows[0].place) == ("a\u2028/member", True, "line 1")
        assert rows[1].arguments == {"email": "a@b", "groups": ["x", "y"], "quiet": False}
        assert rows[1].place == "line 3"

    def test_wrong_json_lines_are_all_told(self, tmp_path: Path):
        problems = wrong(
            tmp_path,
            '{"entitlement":"a/member","principal":"p"}\n{"entitlement"\n[1]\n{"entitlement":7,"principal":"p"}\n'
            '{"kind":"create_account","arguments":[]}\n{"prinzipal":"p"}\n' + "[" * 100_000 + "\n",
            "jsonl",
        )
        assert [problem.split(":")[0] for problem in problems] == [
            *("line 2", "line 3", "line 4, entitlement", "line 5, arguments", "line 6, prinzipal", "line 7")
        ]

    def test_toml(self, tmp_path: Path):
        rows = read(
            tmp_path,
            '[[change]]\nentitlement = "group:g1/member"\nprincipal = "user:u1"\n\n'
            '[[change]]\nkind = "action"\nname = "send_mail"\n[change.arguments]\nto = ["a", "b"]\ntimes = 3\n',
            "toml",
        )
        assert [row.place for row in rows] == ["change 1 (line 1)", "change 2 (line 5)"]
        assert rows[1].arguments == {"to": ["a", "b"], "times": 3}

    def test_wrong_toml_is_told(self, tmp_path: Path):
        (problem,) = wrong(tmp_path, '[[change]]\nentitlement = "a/b"\n', "toml")
        assert problem.startswith("change 1 (line 1), principal: ")
        for content, told in (
            ("change = 1", "[[change]]"),
            ("[changes]\n", "unknown key 'changes'"),
            ("[[change]\n", "not valid TOML"),
            ("", "holds no change"),
        ):
            with pytest.raises(BadConfig) as found:
                read(tmp_path, content, "toml")
            assert told in str(found.value)

    def test_other_endings_and_missing_files_are_told(self, tmp_path: Path):
        for name, told in (("a.txt", "ends with .csv"), ("b.csv", "can't be read"), ("", "ends with .csv")):
            with pytest.raises(BadConfig) as found:
                read_requests(tmp_path / name)
            assert told in str(found.value)


class TestRequest:
    def test_what_the_kind_has_not_is_told(self):
        with pytest.raises(BadConfig) as found:
            request_of({"entitlement": "a/b", "principal": "p", "account": "x"})
        assert (found.value.path, "has no 'account'" in found.value.summary) == ("account", True)


class TestValues:
    @pytest.mark.parametrize(
        ("type", "given", "value"),
        [
            ("string", "a,b", "a,b"),
            ("integer", " -12 ", -12),
            ("integer", 7, 7),
            ("boolean", "Yes", True),
            ("boolean", "false", False),
            ("boolean", True, True),
            ("strings", "a, b,,c", ("a", "b", "c")),
            ("strings", '"a, b",c', ("a, b", "c")),
            ("strings", ("a,b", "c"), ("a", "b", "c")),
            ("strings", ["a,b", "c"], ("a,b", "c")),
        ],
    )
    def test_a_value_gets_the_form_of_its_argument(self, type: str, given: object, value: object):
        assert read_value(Argument(name="x", type=ArgumentType(type)), given) == value

    @pytest.mark.parametrize(
        ("type", "given"),
        [
            ("string", 7),
            ("string", ("a", "b")),
            ("integer", "1.5"),
            ("integer", "9" * 5000),
            ("integer", True),
            ("integer", "٣"),
            ("boolean", "1"),
            ("boolean", 1),
            ("strings", 7),
            ("strings", [7]),
            ("strings", '"a'),
        ],
    )
    def test_a_value_of_another_form_is_told_by_its_name(self, type: str, given: Any):
        with pytest.raises(BadConfig) as found:
            read_value(Argument(name="x", type=ArgumentType(type)), given)
        assert found.value.path == "x"

    def test_pairs(self):
        assert read_pairs(["a=1", "b==", "a=2", "c="]) == {"a": ("1", "2"), "b": "=", "c": ""}
        assert read_values({"a": None, "b": "x"}, ()) == {"b": "x"}
        for pair in ("a", "=b", ""):
            with pytest.raises(BadConfig):
                read_pairs([pair])
