"""The ready-made applications of the conformance kit: JSON over HTTP, files, and what is told of the same things."""

import csv
import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jackfield_contracts import ResourceId
from jackfield_testkit.applications import Answer, Request, Things, exported, serving


class Office(Things):
    """People and groups, whose members are held; anybody may be put into a group."""

    def __init__(self) -> None:
        people = {f"u{n}": {"id": f"u{n}", "name": f"Person {n}", "phone": str(n)} for n in range(3)}
        super().__init__(user=people, group={"g1": {"id": "g1", "name": "R&D", "members": ["u1"]}})

    def truth(self):
        held = [f"group:{id}/member#user:{each}" for id, of in self.things["group"].items() for each in of["members"]]
        return self.told(held, more=["app:office"], user=lambda each: {"display_name": each["name"]})

    def answer(self, asked: Request) -> Answer:
        match asked.method, asked.path:
            case "GET", ("groups", id) if id in self.things["group"]:
                return Answer(body=self.things["group"][id], headers={"ETag": '"1"'})
            case "PUT", ("groups", id):
                self.things["group"][id] = asked.body
                self.counted[f"put {id}"] += 1
                return Answer(status=204)
            case _:
                return Answer(status=404, body={"asked": asked.path, "query": asked.query})


def ask(url: str, method: str, target: str, body: bytes | None = None) -> tuple[int, bytes, str | None]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers["ETag"]
    finally:
        connection.close()


def test_what_is_answered_is_what_is_told_and_what_stands_beside():
    office = Office()
    with serving(office.answer) as url:
        status, body, etag = ask(url, "GET", "/groups/g1")
        assert (status, etag, json.loads(body)["name"]) == (200, '"1"', "R&D")
        before = office.whole()
        assert ask(url, "PUT", "/groups/g1", b'{"id":"g1","members":["u1","u2"]}')[:2] == (204, b"")
    truth = office.truth()
    assert {str(each) for each in truth.grants} == {"group:g1/member#user:u1", "group:g1/member#user:u2"}
    assert {str(each) for each in truth.resources} == {"user:u0", "user:u1", "user:u2", "group:g1", "app:office"}
    assert truth.facts[ResourceId(type="user", id="u2")] == {"display_name": "Person 2"}
    assert before["group:g1"] == {"id": "g1", "name": "R&D", "members": ["u1"]}
    assert office.effects() == {"put g1": 1}


def test_a_request_arrives_decoded_and_one_that_is_no_json_is_a_400():
    with serving(Office().answer) as url:
        status, body, _ = ask(url, "GET", "/a%2Fb/%C3%BC?name=Me%26You&empty=")
        assert (status, json.loads(body)) == (404, {"asked": ["a/b", "ü"], "query": {"name": "Me&You", "empty": ""}})
        assert ask(url, "PUT", "/groups/g1", b"{")[0] == 400


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl", "people.json"])
def test_an_export_is_whole_and_newer_than_the_one_before(tmp_path: Path, name: str):
    file = tmp_path / name
    rows = [{"id": "u1", "name": "Žofie, R&D"}, {"id": "u2", "name": 'says "hi"'}]
    exported(file, rows)
    before = file.stat().st_mtime_ns
    exported(file, rows)
    assert file.stat().st_mtime_ns > before
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        assert list(csv.DictReader(text.splitlines())) == rows
    else:
        assert [json.loads(line) for line in text.splitlines()] in (rows, [rows])
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_table_without_rows_has_its_columns(tmp_path: Path):
    exported(tmp_path / "people.csv", [], columns=("id", "name"))
    assert (tmp_path / "people.csv").read_text().strip() == "id,name"
