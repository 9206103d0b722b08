"""Plan files as somebody with an editor would alter them: the digest in the file is computed anew."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec


def altered(file: Path, change: Callable[[dict[str, Any]], object], *, digest: bool = True) -> None:
    """Let *change* alter the plan in *file*, and compute its *digest* anew."""
    document = json.loads(file.read_bytes())
    change(document["plan"])
    if digest:
        content = msgspec.json.encode(document["plan"], order="sorted")
        document["digest"] = "sha256:" + hashlib.sha256(content).hexdigest()
    file.write_text(json.dumps(document, indent=2))
