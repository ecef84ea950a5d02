"""What a migration that failed has done, and how to go on.

Not every database can undo what changes a table; MySQL cannot. None undoes what was
done in an ``autocommit_block()``.

Tested in ``tests/database/test_unfinished.py``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from . import dialect

LENGTH = 500


class Progress:
    """The statements of the migration that is running."""

    def __init__(self, connection: Connection) -> None:
        self.stay: list[str] = []
        self.pending: list[str] = []
        event.listen(connection, "before_cursor_execute", self.begin)
        event.listen(connection, "after_cursor_execute", self.end)

    def begin(self, connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if commits(connection, statement):
            self.stay += self.pending
            self.pending = []

    def end(self, connection: Connection, cursor: Any, text: str, *_: Any) -> None:
        if cursor.description is None and "alembic_version" not in text:
            to = self.stay if commits(connection, text) else self.pending
            to.append(one_line(text))

    def forget(self, *_: Any, **__: Any) -> None:
        """Forget a migration that has ended."""
        self.stay, self.pending = [], []


@dataclass
class Place:
    """Where a migration has failed."""

    revision: str
    file: str
    line: int
    command: str
    stamp: str


def commits(connection: Connection, statement: str) -> bool:
    """Tell whether a statement commits itself and those before it."""
    if dialect.COMMITS and re.match(dialect.COMMITS, statement, re.IGNORECASE):
        return True

    return connection._is_autocommit_isolation()


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LENGTH else f"{line[:LENGTH]}…"


def place_of(error: BaseException) -> Place | None:
    """Return where in a migration an error was raised, if it was in one."""
    frames = [
        (frame, line)
        for frame, line in walk_tb(error.__traceback__)
        if "down_revision" in frame.f_globals
    ]
    if not frames:
        return None

    (first, _), (last, line) = frames[0], frames[-1]
    revision, down = (first.f_globals[it] for it in ("revision", "down_revision"))
    file, command = Path(last.f_code.co_filename).name, first.f_code.co_name
    stamp = revision if command == "upgrade" else down or "base"
    return Place(revision, file, line, command, " ".join(texts_of(stamp)))


def texts_of(stamp: Any) -> list[str]:
    return [stamp] if isinstance(stamp, str) else list(stamp)


def failure_of(error: DBAPIError) -> list[str]:
    """Return which statement of which migration has failed, and why."""
    place = place_of(error)
    if place is None:
        lines = ["the database has refused a statement:"]
    else:
        where = f"{place.file}, line {place.line}"
        lines = [f"migration {place.revision} has failed ({where}):"]

    reason = str(error.orig).strip().splitlines()
    statement = [one_line(error.statement)] if error.statement else []
    return [*lines, *(f"  {line}" for line in statement + reason)]


def state_after(error: BaseException, progress: Progress) -> list[str]:
    """Return what is left of the migration that has failed, and how to go on."""
    place = place_of(error)
    if place is None:
        return []

    if progress.stay:
        lines = ["The database does not undo what the migration had done before:"]
        lines += [f"  {statement}" for statement in progress.stay]
    elif not dialect.COMMITS:
        return ["Nothing of this migration is stored."]
    else:
        lines = ["It had done nothing before, unless an earlier run of it has failed."]

    return [
        *lines,
        f"Undo that by hand, and `flask db {place.command}` again; or do the rest of"
        f" {place.command}() by hand, and then `flask db stamp {place.stamp}`.",
    ]
