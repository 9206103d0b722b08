"""Whose files are trusted: those that nobody but this user can have written, however they are reached."""

import grp
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from jackfield.errors import BadConfig
from jackfield.files import (
    demand_trusted,
    distrust,
    planted,
)

STRANGER = 54321
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user, which only root can")


class TestTrust:
    def test_what_only_this_user_may_write_is_trusted_and_so_is_what_is_not_there_yet(self, open_folder: Path):
        (open_folder / "file").touch(mode=0o644)
        assert distrust(open_folder / "file") is None
        assert distrust(open_folder / "not" / "yet") is None

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o622, 0o666, 0o660])
    def test_a_file_that_others_may_write_is_not(self, open_folder: Path, mode: int):
        file = open_folder / "file"
        file.touch()
        file.chmod(mode)
        with pytest.raises(BadConfig, match=f"another user may write it.*{mode:04o}"):
            demand_trusted(file, what="the file", hint="")

    @pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
    @pytest.mark.parametrize("depth", [1, 2, 3])
    def test_nor_is_what_lies_in_a_folder_that_others_may_write_however_far_above(
        self, open_folder: Path, mode: int, depth: int
    ):
        folder = open_folder / "a" / "b" / "c"
        folder.mkdir(parents=True)
        (folder / "file").touch(mode=0o600)
        folder.parents[depth - 1].chmod(mode) if depth > 1 else folder.chmod(mode)
        assert distrust(folder / "file") is not None
        assert distrust(folder / "not yet") is not None

    @pytest.mark.parametrize(
        ("user", "group", "trusted"),
        [
            (("ann", 7, 70), ("ann", 70, []), True),
            (("ann", 7, 70), ("ann", 70, ["ann"]), True),
            (("ann", 7, 70), ("ann", 70, ["ann", "bob"]), False),
            (("ann", 7, 70), ("staff", 70, []), False),
            (("ann", 7, 71), ("ann", 70, []), False),
            (("root", 0, 70), ("root", 70, []), False),
        ],
    )
    def test_a_group_may_write_only_where_it_is_the_user_s_alone(
        self,
        open_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        user: tuple[str, int, int],
        group: tuple[str, int, list[str]],
        trusted: bool,
    ):
        name, number, primary = user
        made = pwd.struct_passwd((name, "x", number, primary, "", "/", "/bin/sh"))
        monkeypatch.setattr(pwd, "getpwuid", lambda _: made)
        monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group((group[0], "x", group[1], group[2])))
        file = open_folder / "file"
        file.touch()
        os.chown(file, -1, group[1]) if os.geteuid() == 0 else None
        file.chmod(0o664)
        if os.geteuid() == 0:
            assert (distrust(file) is None) is trusted
        file.chmod(0o666)
        assert distrust(file) is not None

    def test_with_the_sticky_bit_others_may_add_and_not_replace(self, open_folder: Path):
        shared = open_folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "mine").mkdir(mode=0o700)
        assert distrust(shared / "mine" / "home") is None
        assert distrust(shared) is not None  # what others add to it would be taken for ours

    def test_the_way_to_where_a_link_leads_counts_too(self, open_folder: Path):
        loose = open_folder / "loose"
        loose.mkdir()
        (loose / "file").touch()
        (open_folder / "link").symlink_to("loose/file")
        assert distrust(open_folder / "link") is None
        loose.chmod(0o777)
        assert "loose" in (distrust(open_folder / "link") or "")
        assert distrust(open_folder / "other" / ".." / "link") is None  # "other" is not there
        (open_folder / "other").mkdir()
        assert distrust(open_folder / "other" / ".." / "link") is not None

    def test_links_that_go_round_end(self, open_folder: Path):
        (open_folder / "a").symlink_to("b")
        (open_folder / "b").symlink_to("a")
        assert "too many links" in (distrust(open_folder / "a") or "")

    @needs_root
    def test_for_root_what_belongs_to_anybody_else_is_not_trusted(self, open_folder: Path):
        theirs = open_folder / "theirs"
        theirs.mkdir(mode=0o700)
        (theirs / "file").touch(mode=0o600)
        os.chown(theirs / "file", STRANGER, STRANGER)
        assert f"belongs to the user {STRANGER}" in (distrust(theirs / "file") or "")
        os.chown(theirs, STRANGER, STRANGER)
        assert distrust(theirs / "not yet") is not None

    @needs_root
    def test_a_stranger_s_link_in_a_sticky_folder_is_not_trusted(self, open_folder: Path):
        shared = open_folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (open_folder / "fine").touch()
        link = shared / "link"
        link.symlink_to(open_folder / "fine")
        assert distrust(link) is None
        os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
        assert f"a link of the user {STRANGER}" in (distrust(link) or "")

    @needs_root
    def test_a_user_trusts_root_and_nobody_else(self, open_folder: Path):
        for name, owner in (("roots", 0), ("own", STRANGER), ("others", STRANGER + 1)):
            (open_folder / name).touch(mode=0o644)
            os.chown(open_folder / name, owner, owner)
        program = (
            "import grp, os, pwd, sys\nfrom pathlib import Path\nfrom jackfield.files import distrust\n"
            f"os.setgroups([]); os.setegid({STRANGER}); os.seteuid({STRANGER})\n"
            "print(*(distrust(Path(each)) is None for each in sys.argv[1:]))"
        )
        places = [str(open_folder / name) for name in ("roots", "own", "others")]
        done = subprocess.run([sys.executable, "-c", program, *places], capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == ["True", "True", "False"], done.stderr

    def test_a_link_is_planted_only_where_others_could_have_made_it(self, open_folder: Path):
        shared = open_folder / "shared"
        shared.mkdir()
        (shared / "file").touch()
        (open_folder / "link").symlink_to("shared/file")
        (shared / "link").symlink_to("../link")
        assert planted(shared / "link") is None
        shared.chmod(0o777)
        assert planted(shared / "file") is None  # no link: whoever may write there may write the file
        assert planted(open_folder / "link") is None  # nobody else made this one
        assert planted(shared / "link") is not None
