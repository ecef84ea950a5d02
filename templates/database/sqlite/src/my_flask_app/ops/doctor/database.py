"""How the doctor looks at a SQLite file without a trace.

Tested in ``tests/ops/test_doctor.py``.
"""

import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy import URL
from sqlalchemy.pool import NullPool

from ...database.failures import problem
from ...database.urls import file_of
from . import dialect

if TYPE_CHECKING:
    from .setup import Setup


def looking_engine(engine: Engine) -> Engine:
    """Return an engine that creates no file and takes no lock of writers.

    A log that nobody has open is not begun.
    """
    file = file_of(engine.url)
    in_use = all(Path(f"{file.resolve()}-{it}").exists() for it in ("wal", "shm"))
    uri = f"{file.as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    return sqlalchemy.create_engine(
        "sqlite://",
        creator=partial(opened, uri),
        poolclass=NullPool,
    )


def opened(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.Error:
        connection.close()
        raise

    return connection


def folders(url: URL) -> list[Path]:
    """Return where the files of the database are."""
    return [it for it in [file_of(url).parent] if it.exists()]


def reached(setup: "Setup") -> Iterator[str]:
    """The database can be read and written."""
    file, error = file_of(setup.engine.url), setup.reached
    if not file.exists():
        yield f"{file} is not there. Run `flask db upgrade`, which creates it."
    elif what := problem(str(file)):
        yield f"{what}. Let the user of this process own the file and its folder."
    elif isinstance(error, Exception):
        yield f"{file} cannot be opened: {getattr(error, 'orig', error)}. Restore it."


CHECKS = (reached, *dialect.CHECKS)
