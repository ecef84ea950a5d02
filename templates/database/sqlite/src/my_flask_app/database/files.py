"""Connections lead to the file that is at the path of the database, or are not used.

Somebody may delete or replace it while it is open. What is written to the old one would
be lost without an error, and SQLite would take the log that is left of it for that of
the new one, so the log is marked. Tested in ``tests/database/test_files.py``.
"""

import errno
import logging
import os
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from .dialect import FileIsGone
from .failures import explained
from .failures import problem
from .methods import Method
from .methods import wrap
from .urls import file_of

logger = logging.getLogger(__name__)

# The extended attribute of a log, with its number and that of its file.
MARK = "user.my_flask_app"

REPLACED = (
    "{} was replaced, but {} is that of the old file; stop what uses the database, and"
    " remove the log and its index"
)


def protect(engine: Engine) -> None:
    """Let an engine use the file at its path only, and create it at most once."""
    file = DatabaseFile(engine)
    event.listen(engine, "do_connect", file.connect)
    event.listen(engine, "connect", file.remember)
    event.listen(engine, "checkout", file.replace_if_old)
    wrap(engine, ["do_commit"], file.refuse_if_old)


class DatabaseFile:
    """The file of a database, and the log next to it."""

    def __init__(self, engine: Engine) -> None:
        path = file_of(engine.url)
        self.path = str(path)
        self.was_there = os.path.exists(path)
        self.existing = "" if "uri" in engine.url.query else f"{path.as_uri()}?mode=rw"
        # What the last log was marked with, where files have no attributes.
        self.mark = ""

    def connect(
        self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """Open the file; create it only if it has never been there."""
        self.log = log_of(self.path)
        file, log = self.now()
        if self.was_there and not file:
            raise FileIsGone(f"{self.path} is not there any more")

        self.refuse_log_of_another(file, log)
        if self.was_there and self.existing:
            arguments, options = [self.existing], {**options, "uri": True}
        elif self.existing:
            with suppress(AttributeError, OSError):  # Not on Windows and macOS.
                os.mknod(self.path, 0o600)

        try:
            connection = dialect.connect(*arguments, **options)
        except sqlite3.Error as error:
            raise explained(error, self.path) from None

        record.info["opened"] = opened = identity(self.path)
        if file not in ("", opened):
            connection.close()
            return self.connect(dialect, record, arguments, options)

        return connection

    def remember(self, _: object, record: ConnectionPoolEntry) -> None:
        """Note which file a connection has opened, and mark its log."""
        file, log = self.now()
        opened = record.info.get("opened") or file
        if opened == file:
            self.mark = f"{log} {file}"
            with suppress(AttributeError, OSError):
                os.setxattr(self.log, MARK, self.mark.encode())
        else:
            log = ""  # It may be that of the next file.

        record.info["file"] = opened, log
        self.was_there = True
        if self.existing and (what := problem(self.path)):
            logger.warning("The database can only be read: %s", what)

    def now(self) -> tuple[str, str]:
        """Return which file is at the path, and which log is next to it."""
        return identity(self.path), identity(self.log)

    def refuse_log_of_another(self, file: str, log: str) -> None:
        mark = self.current_mark()
        # Where somebody has copied it with its attributes, its number is another.
        if file and log and mark.startswith(f"{log} ") and mark != f"{log} {file}":
            raise FileIsGone(REPLACED.format(self.path, self.log))

    def current_mark(self) -> str:
        try:
            return os.getxattr(self.log, MARK).decode()
        except AttributeError:  # Only Linux has such a function.
            return self.mark
        except OSError as error:
            return "" if error.errno == errno.ENODATA else self.mark

    def replace_if_old(
        self, _: object, record: ConnectionPoolEntry, __: object
    ) -> None:
        """Have the pool open another connection in place of one to an old file."""
        if record.info["file"] != self.now():
            logger.warning("%s was replaced, or its log", self.path)
            raise DisconnectionError("the connection is to another file")

    def refuse_if_old(self, commit: Method) -> Method:
        def wrapper(connection: Any) -> None:
            file = connection.info.get("file")
            if file and file != self.now():
                raise FileIsGone(f"{self.path} was replaced, nothing is stored")

            commit(connection)

        return wrapper


def log_of(path: str) -> str:
    """Return the path of the log: SQLite follows links to the file."""
    return f"{os.path.realpath(path)}-wal"


def identity(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return ""

    return f"{status.st_dev}:{status.st_ino}"
