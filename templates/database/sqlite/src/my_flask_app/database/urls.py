"""Which URLs lead to the database file, and where it is.

Tested in ``tests/database/test_urls.py``. Nothing here needs Flask, so a script can use
it too.
"""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from ..environment import instance_folder

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

    path = url.database or ""
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or is_in_memory(url):
        raise ValueError(f"is not the URL of a SQLite file; accepted is {ACCEPTED}")
    if path.startswith("file:"):
        return url

    file = instance_folder() / path
    if "site-packages" in file.parts and not Path(path).is_absolute():
        raise ValueError(
            "names a file in site-packages, which the next installation deletes;"
            f" accepted is {ACCEPTED}"
        )
    if file.parent != instance_folder() and not file.parent.is_dir():
        raise ValueError(f"names a file in {str(file.parent)!r}, which is no folder")

    return url.set(database=str(file))


def is_in_memory(url: URL) -> bool:
    path = url.database or ""
    return not path or ":memory:" in path or url.query.get("mode") == "memory"
