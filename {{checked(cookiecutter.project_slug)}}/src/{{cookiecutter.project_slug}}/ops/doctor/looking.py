"""All checks of the doctor, and what they find.

Tested in ``tests/ops/test_doctor.py``.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...env_file import project_folder
from ...environment import ConfigError
from . import database
from . import schema
from .setup import NotLooked
from .setup import Setup

# The docstring says what is right. What is yielded says what is wrong, then what to do.
Check = Callable[[Setup], Iterable[str]]

LEAST = 256  # Megabytes that are free.


class Finding(NamedTuple):
    check: str
    status: str
    sentence: str
    says: list[str]


def starts(setup: Setup) -> Iterator[str]:
    """The application starts, and its settings are complete and safe."""
    error = setup.started
    if isinstance(error, ConfigError):
        yield from error.message.splitlines()
    elif isinstance(error, Exception):
        yield f"create_app() raises {type(error).__name__}: {error}"


def private(_: Setup) -> Iterator[str]:
    """Nobody else can read the file .env."""
    file = (project_folder() or Path.cwd()) / ".env"
    if os.name == "posix" and file.exists() and file.stat().st_mode & 0o006:
        yield f"Others can read {file}. Run `chmod 600 {file}`."


def serves(setup: Setup) -> Iterator[str]:
    """Gunicorn can be started with gunicorn.conf.py."""
    if isinstance(setup.served, Exception):
        yield str(setup.served)


def roomy(setup: Setup) -> Iterator[str]:
    """There is room for files."""
    folders = [Path(tempfile.gettempdir()), *database.folders(setup.engine.url)]
    for folder in folders:
        free = shutil.disk_usage(folder).free // 1024**2
        if free < LEAST:
            yield f"The disk of {folder} has {free} MB left. Make room on it."


CHECKS: tuple[Check, ...] = (
    *(starts, private, serves, roomy),
    *(*database.CHECKS, *schema.CHECKS),
)


def examine(instances: int) -> list[Finding]:
    setup = Setup(instances)
    with setup.closing:
        # What is wrong is in a row, and not in the log besides.
        setup.closing.callback(logging.disable, logging.root.manager.disable)
        logging.disable()
        return [look(check, setup) for check in CHECKS]


def look(check: Check, setup: Setup) -> Finding:
    name, sentence = getattr(check, "__name__", ""), check.__doc__ or ""
    try:
        says = list(check(setup))
    except NotLooked as reason:
        return Finding(name, "skipped", sentence, [str(reason)])
    except Exception as error:
        says = [f"This cannot be found out: {getattr(error, 'orig', error)}"]

    return Finding(name, "wrong" if says else "ok", sentence, says)
