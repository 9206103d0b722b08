"""A process whose clock jumps: `libfaketime` laid beneath it, which reads by how much from a file. What waits is left alone."""

import importlib.util
from pathlib import Path


class Clock:
    """The clock of a process that is started with ``environment``."""

    def __init__(self, file: Path) -> None:
        found = importlib.util.find_spec("libfaketime")
        assert found is not None
        assert found.origin is not None
        library = Path(found.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
        self._file = file
        self.jump(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, hours: float) -> None:
        """So many hours from the true time, from now on."""
        self.hours = hours
        new = self._file.with_suffix(".new")
        new.write_text(f"{hours * 3600:+.0f}\n")
        new.replace(self._file)
