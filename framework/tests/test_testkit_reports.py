"""The suite of an installed connector in a process of its own: told rule by rule, and tried by planted bugs."""

import json
import subprocess
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from harness import forking

from jackfield.errors import BadConfig
from jackfield_testkit import mutants
from jackfield_testkit.isolated import SuiteRun, suite_of
from jackfield_testkit.mutants import Fate, table
from jackfield_testkit.patches import Patch, patches_in
from jackfield_testkit.results import Result, Verdict, by_check, named, results_in, written

from .tinyconnector import HARMLESS, LAST_PAGE_DROPPED, PACKAGE, UNFIT, installed


def python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300, check=False
    )


def check(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [forking.JACKFIELD, "connectors", "check", *arguments]
    return forking.run(command, folder=Path.cwd(), environment=environment, timeout=300)


DIES = """
    uses = []

    @pytest.fixture
    def samples(self):
        import os
        from jackfield_testkit import Samples

        self.uses.append(1)
        if len(self.uses) > 9:
            os._exit(0)
        return Samples()
"""


def corpus(folder: Path, **patches: str) -> Path:
    folder.mkdir()
    for name, text in patches.items():
        (folder / f"{name}.patch").write_text(text)
    return folder


class TestConnectorsCheck:
    def test_it_tells_each_rule_and_why_one_is_not_checked(self, tmp_path: Path):
        ran = check(installed(tmp_path / "site"), "tiny", "--seeds", "1")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "ok     resumes_at_every_cursor: From each cursor on" in ran.stdout
        assert "not checked: waived: to see how that is told" in ran.stdout
        assert "not checked: the connector makes no requests, so that none can fail" in ran.stdout
        assert "rules held, 0 broken" in ran.stdout.splitlines()[-1]

    def test_what_the_fixtures_lack_is_told_as_a_part_of_all(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        ran = check(environment, "tiny", "--seeds", "1", "--output", "json")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        told = json.loads(ran.stdout)
        facts = next(each for each in told["rules"] if each["check"] == "shows_every_fact")
        assert (facts["verdict"], facts["share"]) == ("not checked", 0.0)
        assert facts["left"] == [
            "the truth tells no facts, so that only who is there is compared, and not what is shown of them"
        ]
        assert 0 < told["checked_percent"] < 100
        suite = tmp_path / "site" / PACKAGE / "conformance.py"
        facts_of = "facts={ResourceId(type='user', id=name): {'display_name': name.title()} for name in NAMES}"
        suite.write_text(suite.read_text().replace("for name in NAMES))", f"for name in NAMES), {facts_of})"))
        told_more = json.loads(check(environment, "tiny", "--seeds", "1", "--output", "json").stdout)
        facts = next(each for each in told_more["rules"] if each["check"] == "shows_every_fact")
        assert (facts["verdict"], facts["share"]) == ("held", 0.333)
        assert facts["left"] == ["the truth does not tell user.status, user.status_raw, which a sync shows"]
        assert told["checked_percent"] < told_more["checked_percent"] < 100

    def test_people_are_told_what_stays_unchecked(self, tmp_path: Path):
        ran = check(installed(tmp_path / "site"), "tiny", "--seeds", "1")
        assert "% of what the rules could check stays UNCHECKED" in ran.stdout.splitlines()[-2]

    def test_a_broken_rule_ends_with_5_and_is_told_with_reason_and_steps(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        plugin = tmp_path / "site" / PACKAGE / "plugin.py"
        plugin.write_text(plugin.read_text().replace("if start + 2 <", "if start + 3 <"))
        ran = check(environment, "tiny", "--seeds", "1", "--output", "json")
        assert ran.returncode == 5, ran.stdout + ran.stderr
        broken = [each for each in json.loads(ran.stdout)["rules"] if each["verdict"] == "broken"]
        (truth,) = [each for each in broken if each["check"] == "shows_the_truth"]
        assert truth["what"] == "user:eve is missing"
        assert truth["reason"].startswith("A row too few is access that nobody sees")
        assert truth["steps"]

    @pytest.mark.parametrize(
        ("more", "code", "told"),
        [
            ("    def test_own(self):\n        assert 1 == 2\n", 5, "a test beside the rules fails"),
            (DIES, 70, "before its end"),
            ("    @pytest.fixture\n    def samples(self):\n        pytest.skip('no')\n", 70, "no rule was checked: no"),
            ("    connector = 'other'\n", 2, "is for the connector 'other', not for 'tiny'"),
            ("    undefined\n", 2, "can't be loaded: NameError"),
        ],
        ids=["own test", "dies", "skips all", "another's", "does not load"],
    )
    def test_what_no_rule_tells_is_no_success(self, tmp_path: Path, more: str, code: int, told: str):
        environment = installed(tmp_path / "site")
        suite = tmp_path / "site" / PACKAGE / "conformance.py"
        suite.write_text(suite.read_text() + more)
        ran = check(environment, "tiny", "--seeds", "1")
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert told in ran.stderr
        assert "Traceback" not in ran.stderr.partition("error: ")[0]

    def test_a_client_of_its_own_is_found_whatever_library_it_is_of(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        plugin = tmp_path / "site" / PACKAGE / "plugin.py"
        ask = "import aiohttp\n        async with aiohttp.ClientSession() as client:\n            await self.ask(client)\n"
        more = (
            "    async def ask(self, client):\n        import aiohttp\n        try:\n"
            "            await client.get('http://127.0.0.1:9/')\n        except aiohttp.ClientError:\n            pass\n\n"
        )
        text = plugin.read_text().replace("        names = json", f"        {ask}        names = json")
        plugin.write_text(
            text.replace("    @hookimpl\n    async def check", f"{more}    @hookimpl\n    async def check")
        )
        ran = check(environment, "tiny", "--seeds", "1")
        assert ran.returncode == 5, ran.stdout + ran.stderr
        assert "BROKEN keeps_to_its_session" in ran.stdout

    @pytest.mark.parametrize("seeds", ["0", "-1", "5:0", "abc", ""])
    def test_no_seeds_are_an_error(self, tmp_path: Path, seeds: str):
        ran = check(installed(tmp_path / "site"), "tiny", f"--seeds={seeds}")
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert "seeds" in ran.stderr

    def test_stopped_it_leaves_neither_the_suite_nor_its_folder(self, tmp_path: Path):
        environment = installed(tmp_path / "site") | {"TMPDIR": str(tmp_path / "tmp")}
        (tmp_path / "tmp").mkdir()
        suite = tmp_path / "site" / PACKAGE / "conformance.py"
        mark = tmp_path / "alive"
        wait = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        suite.write_text(suite.read_text() + f"    @pytest.fixture\n    def samples(self):\n        {wait}\n")
        code = "import sys; from jackfield.cli.main import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", code, "connectors", "check", "tiny"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            until = time.monotonic() + 60
            while not (mark.exists() and mark.read_text()) and time.monotonic() < until:
                time.sleep(0.05)
            process.terminate()
        running = Path("/proc") / mark.read_text()
        while running.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not running.exists()
        assert not list((tmp_path / "tmp").glob("jackfield-testkit-*"))

    def test_a_connector_without_a_suite_is_an_error(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        info = next((tmp_path / "site").glob("*.dist-info")) / "entry_points.txt"
        info.write_text(info.read_text().partition("[jackfield.testkit.v1]")[0])
        ran = check(environment, "tiny")
        assert ran.returncode == 2
        assert "brings a suite for the connector 'tiny'" in ran.stderr
        assert "Traceback" not in ran.stderr

    def test_an_unknown_connector_is_an_error(self, tmp_path: Path):
        ran = check(installed(tmp_path / "site"), "teeny")
        assert ran.returncode == 2
        assert "teeny" in ran.stderr
        assert "Traceback" not in ran.stderr

    @pytest.mark.parametrize(
        ("missing", "run", "told"),
        [
            (
                "jackfield_testkit",
                "from jackfield.cli.main import main; sys.exit(main(['connectors', 'check', 'tiny']))",
                "the conformance suite is not installed (at connectors).\n       Install jackfield[testkit]",
            ),
            (
                "pytest",
                "from jackfield_testkit.report import main; sys.exit(main(['tiny']))",
                "pytest is not installed; install jackfield[testkit]",
            ),
        ],
    )
    def test_without_the_kit_it_says_what_to_install(self, tmp_path: Path, missing: str, run: str, told: str):
        code = (
            "import sys, importlib.util as u; real = u.find_spec\n"
            f"u.find_spec = lambda name, *more: None if name == {missing!r} else real(name, *more)\n{run}"
        )
        ran = python(installed(tmp_path / "site"), "-c", code)
        assert ran.returncode == 2
        assert told in ran.stderr


class TestMutants:
    def test_it_tells_what_found_each_bug_and_which_stays_alive(self, tmp_path: Path):
        folder = corpus(tmp_path / "mutants", dropped=LAST_PAGE_DROPPED, harmless=HARMLESS, unfit=UNFIT)
        markdown = tmp_path / "table.md"
        arguments = [str(folder), "--connector", "tiny", "--seeds", "1", "--markdown", str(markdown)]
        ran = python(installed(tmp_path / "site"), "-m", "jackfield_testkit.mutants", *arguments)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        dropped, harmless, unfit, told = ran.stdout.splitlines()
        assert dropped == "dropped: shows_the_truth"
        assert harmless == "harmless: ALIVE"
        assert unfit.startswith("unfit: does not apply: ")
        assert told == "1 of 3 planted bugs were found (33 %)."
        assert "| The last page is never read | The end is reckoned one page too early. |" in markdown.read_text()
        assert "start + 2 <" in (tmp_path / "site" / PACKAGE / "plugin.py").read_text()

    def test_what_an_earlier_run_found_is_tried_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """And followed by all, where it finds nothing any more."""
        (patch,) = patches_in(corpus(tmp_path / "mutants", dropped=LAST_PAGE_DROPPED))
        tried: list[str] = []
        broken = Result(check="a_check", verdict=Verdict.BROKEN, what="said", seconds=0.1)

        def run(*arguments: object, only: str = "", **options: object) -> SuiteRun:
            tried.append(only)
            found = (broken,) if only in ("a_check", "") else ()
            return SuiteRun(results=found, passed=not found, ended=True, output="")

        monkeypatch.setattr(mutants, "run_suite", run)
        monkeypatch.setattr(mutants, "failure_to_load", lambda *some: None)
        package = Path(installed(tmp_path / "site")["PYTHONPATH"].split(":")[0]) / PACKAGE
        suite = EntryPoint("tiny", "tinyconnector.conformance:TestTiny", "jackfield.testkit.v1")
        for before, order in (("a_check", ["a_check"]), ("another", ["another", ""]), ("", [""])):
            tried.clear()
            fate = mutants.fate_of(patch, package, suite, seeds="1", before={"dropped": before})
            assert (fate.killed_by, tried) == ("a_check", order)

    def test_lines_of_an_earlier_run_are_read_and_others_tell_nothing(self, tmp_path: Path):
        folder = corpus(tmp_path / "mutants", dropped=LAST_PAGE_DROPPED)
        earlier = tmp_path / "earlier.txt"
        earlier.write_text("first: the suite\ndropped: imports_lightly (seed 1)\nother: ALIVE\n")
        arguments = ["-m", "jackfield_testkit.mutants", str(folder), "--connector", "tiny", "--seeds", "1", "--before"]
        ran = python(environment := installed(tmp_path / "site"), *arguments, str(earlier))
        assert ran.stdout.splitlines()[0] == "dropped: shows_the_truth", ran.stdout + ran.stderr
        assert "first the suite" in ran.stderr
        ran = python(environment, *arguments, str(tmp_path))
        assert (ran.returncode, "can't be read" in ran.stderr) == (2, True)

    def test_what_keeps_the_connector_from_loading_is_no_bug_that_was_found(self, tmp_path: Path):
        broken = HARMLESS.replace("+        # harmless", "+        import x y")
        folder = corpus(tmp_path / "mutants", broken=broken)
        arguments = [str(folder), "--connector", "tiny", "--seeds", "1"]
        ran = python(installed(tmp_path / "site"), "-m", "jackfield_testkit.mutants", *arguments)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        assert ran.stdout.startswith("broken: does not apply: what is left can't be loaded: SyntaxError")
        assert "0 of 1" in ran.stdout

    def test_no_patches_of_that_name_and_no_text_are_errors(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        folder = corpus(tmp_path / "mutants", harmless=HARMLESS)
        arguments = ["-m", "jackfield_testkit.mutants", str(folder), "--connector", "tiny"]
        ran = python(environment, *arguments, "--only", "harmful")
        assert (ran.returncode, "has 'harmful' in its name" in ran.stderr) == (2, True), ran.stderr
        (folder / "harmless.patch").write_bytes(HARMLESS.encode() + b"\xe9")
        ran = python(environment, *arguments)
        assert (ran.returncode, "is no text in UTF-8" in ran.stderr) == (2, True), ran.stderr

    def test_a_connector_that_fails_by_itself_is_an_error(self, tmp_path: Path):
        environment = installed(tmp_path / "site")
        plugin = tmp_path / "site" / PACKAGE / "plugin.py"
        plugin.write_text(plugin.read_text().replace("if start + 2 <", "if start + 3 <"))
        folder = corpus(tmp_path / "mutants", harmless=HARMLESS)
        ran = python(environment, "-m", "jackfield_testkit.mutants", str(folder), "--connector", "tiny")
        assert ran.returncode == 2
        assert "does not pass without any bug" in ran.stderr

    @pytest.mark.parametrize(("text", "missing"), [("Title: x\n\n--- a\n", "Why:"), ("Why: x\n\n--- a\n", "Title:")])
    def test_a_patch_without_title_or_reason_is_an_error(self, tmp_path: Path, text: str, missing: str):
        with pytest.raises(BadConfig, match=missing):
            patches_in(corpus(tmp_path / "mutants", one=text))

    def test_a_folder_without_patches_is_an_error(self, tmp_path: Path):
        with pytest.raises(BadConfig, match="holds no"):
            patches_in(tmp_path)

    def test_the_table_holds_nothing_that_breaks_it(self, tmp_path: Path):
        patch = Patch(file=tmp_path / "x.patch", title="a | b", why="<c>")
        made = table([Fate(patch=patch, killed_by="a_check", said="two\nlines")])
        assert made.splitlines()[2] == "| a \\| b | &lt;c> | a_check | two lines |"


class TestResults:
    def test_tests_are_told_by_their_checks(self):
        assert named("test_x.py::TestTiny::test_rule[shows_the_truth]") == ("shows_the_truth", None)
        assert named("test_x.py::TestTiny::test_random_syncs[17]") == ("syncs_truly_at_random", 17)
        assert named("test_x.py::TestTiny::test_else") is None

    def test_a_broken_seed_outweighs_those_that_held(self, tmp_path: Path):
        file = tmp_path / "results"
        for seed, verdict in enumerate((Verdict.UNCHECKED, Verdict.HELD, Verdict.BROKEN, Verdict.HELD)):
            written(file, Result(check="a", verdict=verdict, seed=seed))
        assert by_check(results_in(file))["a"].seed == 2

    def test_a_suite_that_is_not_there_is_an_error(self):
        with pytest.raises(BadConfig, match="brings a suite"):
            suite_of("nothing")
