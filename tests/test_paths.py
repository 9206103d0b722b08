"""The script that follows a page and a revocation sees both ends of each, and nothing of the team's side."""

from tests.paths import paths


def test_a_page_and_a_revocation_are_followed_from_end_to_end():
    found = paths()
    page, revoke = ([f"{step.module}:{step.function}" for step in found[name]] for name in ("page", "revoke"))
    assert page[0] == "jackfield.host.connection:Connection.read_page"
    assert {
        "jackfield_dropbox.sync:DropboxReads.members",
        "jackfield.snapshots.transactions:Transactions._execute",
    } <= {*page}
    assert revoke[0] == "jackfield.cli.main:main"
    assert {"jackfield_dropbox.writes:groups_remove", "jackfield.state.journal:Journal.save_changes"} <= {*revoke}
    for names in (page, revoke):
        assert len(names) == len({*names})
        assert not any(words in name for name in names for words in ("simulator", "testkit", "tests.", "<"))
