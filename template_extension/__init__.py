"""What Cookiecutter loads: see ``jinja.py``.

cruft generates two versions of a project in one process, each by the code of its own
version, which it checks out in the same folder or in another one. So the modules here
are loaded again when they, or the files that they have read, have changed.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

_loaded: dict[Path, float] = {}


def __getattr__(name: str) -> Any:
    if name != "ProjectFiles":
        raise AttributeError(name)

    folder = _folder()
    files = {path: path.stat().st_mtime_ns for path in _files(folder)}
    if files != _loaded:
        for module in [it for it in sys.modules if it.startswith(f"{__name__}.")]:
            del sys.modules[module]

        __path__[:] = [str(folder)]
        _loaded.clear()
        _loaded.update(files)

    return import_module(f"{__name__}.jinja").ProjectFiles


def _files(folder: Path) -> Iterator[Path]:
    """Yield what the modules are, and what they remember."""
    yield folder.parent / "cookiecutter.json"
    for pattern in ("hooks/*", f"{folder.name}/*.py", "templates/**/*", "{{*"):
        yield from folder.parent.glob(pattern)


def _folder() -> Path:
    """Return where the package is now; who generates has appended it to the path."""
    for entry in reversed(sys.path):
        folder = Path(entry) / __name__
        if (folder / "jinja.py").is_file():
            # Hooks run in another folder, to which the path is not relative.
            return folder.absolute()

    return Path(__path__[0])
