"""The modules of messages are those that the texts beside them lead to."""

from importlib.resources import files
from pathlib import Path

import google.rpc
import pytest
from grpc_tools import protoc

import jackfield_c1.proto

FOLDER = Path(jackfield_c1.proto.__file__).parent
ROOT = FOLDER.parent.parent
COMPILED = sorted(FOLDER.glob("*_pb2.py*"))


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules, compiled anew. To renew those of the repository, run this with ROOT as the place of the output."""
    to = tmp_path_factory.mktemp("proto")
    common = Path(next(iter(google.rpc.__path__))).parent.parent
    texts = [str(file.relative_to(ROOT)) for file in sorted(FOLDER.glob("*.proto"))]
    own = files("grpc_tools") / "_proto"
    paths = [f"-I{ROOT}", f"-I{common}", f"-I{own}"]
    compiled: int = protoc.main(["protoc", *paths, f"--python_out={to}", f"--pyi_out={to}", *texts])  # pyright: ignore[reportUnknownMemberType]
    assert compiled == 0
    return to


@pytest.mark.parametrize("file", COMPILED, ids=lambda file: file.name)
def test_what_is_compiled_is_what_the_texts_say(anew: Path, file: Path) -> None:
    assert file.read_text() == (anew / file.relative_to(ROOT)).read_text()


def test_each_text_is_compiled() -> None:
    assert {file.name for file in COMPILED} == {
        f"{text.stem}_pb2.{end}" for text in FOLDER.glob("*.proto") for end in ("py", "pyi")
    }
