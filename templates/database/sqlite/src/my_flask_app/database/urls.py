"""Which URLs lead to the database file, and where it is.

Tested in ``tests/database/test_urls.py``. Nothing here needs Flask, so a script can use
it too.
"""

import os
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import make_url
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from ..env_file import instance_folder
from ..env_file import project_folder
from .dialect import NAMES

ACCEPTED = "sqlite:///file.db, or sqlite:////folder/file.db for an absolute path"


def parse_url(url: str | URL) -> URL:
    """Return the URL of a SQLite file.

    A relative path is in ``instance/`` in the folder of the project.

    :raises ValueError: if it is no URL, or not one of a SQLite file. The message goes
        on after the name of what holds the URL.
    """
    try:
        url = make_url(url)
    except (ArgumentError, ValueError):
        url = URL.create("")

    name, _, driver = url.drivername.partition("+")
    if name not in NAMES or driver not in ("", "pysqlite") or is_in_memory(url):
        raise ValueError(f"is not the URL of a SQLite file; it must be {ACCEPTED}")

    if url.query.get("uri"):
        return url.set(database=f"file:{absolute(str(url.database)[5:])}")

    file = absolute(str(url.database))
    if file.parent != instance_folder() and not os.path.isdir(file.parent):
        raise ValueError(f"names a file in {str(file.parent)!r}, which is no folder")

    return url.set(database=str(file))


def file_of(url: URL) -> Path:
    """Return the path of the file that a URL leads to, as :func:`parse_url` has it."""
    path = str(url.database)
    return Path(unquote(path[5:]) if url.query.get("uri") else path)


def absolute(path: str) -> Path:
    if Path(path).is_absolute():
        return Path(path)
    if project_folder() is None:
        raise ValueError(
            "names a relative path, but the current folder is not that of the project;"
            " use sqlite:////folder/file.db"
        )

    return Path(os.path.normpath(instance_folder() / path))


def is_in_memory(url: URL) -> bool:
    path = url.database or ""
    in_memory = url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb"
    return path in ("", "file:") or ":memory:" in path or in_memory
