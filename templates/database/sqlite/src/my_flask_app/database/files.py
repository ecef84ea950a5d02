"""Connections lead to the file that is at the path of the database, or are not used.

Somebody may delete or replace it while it is open. What is written to the old one would
be lost without an error, and SQLite would take the log that is left of it for that of
the new one. Tested in ``tests/database/test_files.py``.
"""

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakSet

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


def protect(engine: Engine) -> None:
    """Let an engine use the file at its path only, and create it at most once."""
    file = DatabaseFile(engine)
    event.listen(engine, "do_connect", file.connect)
    event.listen(engine, "connect", file.remember)
    event.listen(engine, "checkout", file.replace_if_old)
    wrap(engine, ["do_commit"], file.refuse_if_old)


class DatabaseFile:
    """The file of a database, and the connections to it or to one before it."""

    def __init__(self, engine: Engine) -> None:
        path = file_of(engine.url)
        self.path, self.log, self.index = str(path), f"{path}-wal", f"{path}-shm"
        self.was_there = os.path.exists(path)
        is_uri = "uri" in engine.url.query
        self.existing = None if is_uri else f"{path.as_uri()}?mode=rw"
        self.records: WeakSet[ConnectionPoolEntry] = WeakSet()
        self.lock = Lock()

    def connect(
        self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """Open the file; create it only if it has never been there."""
        self.discard_old_log()
        file = identity(self.path)
        if self.was_there and file is None:
            raise FileIsGone(f"{self.path} is not there any more")
        if self.was_there and self.existing:
            arguments, options = [self.existing], {**options, "uri": True}

        try:
            connection = dialect.connect(*arguments, **options)
        except sqlite3.Error as error:
            raise explained(error, self.path) from None

        record.info["opened"] = opened = identity(self.path)
        if file not in (None, opened):
            connection.close()
            return self.connect(dialect, record, arguments, options)

        return connection

    def remember(self, _: object, record: ConnectionPoolEntry) -> None:
        """Note which file a connection has opened, and which log."""
        file = record.info.get("opened") or identity(self.path)
        record.info["file"] = file, identity(self.log)
        self.was_there = True
        with self.lock:
            self.records.add(record)

        if self.existing and (what := problem(self.path)):
            logger.warning("The database can only be read: %s", what)

    def now(self) -> tuple[object, object]:
        """Return which file is at the path, and which log is next to it."""
        return identity(self.path), identity(self.log)

    def replace_if_old(
        self, _: object, record: ConnectionPoolEntry, __: object
    ) -> None:
        """Have the pool open another connection in place of one to an old file."""
        if record.info["file"] != self.now():
            self.discard_old_log()
            logger.warning("%s was replaced, or its log", self.path)
            raise DisconnectionError("the connection is to another file")

    def refuse_if_old(self, commit: Method) -> Method:
        def wrapper(connection: Any) -> None:
            file = connection.info.get("file")
            if file and file != self.now():
                raise FileIsGone(f"{self.path} was replaced, nothing is stored")

            commit(connection)

        return wrapper

    def discard_old_log(self) -> None:
        """Remove the log that SQLite would take for the new file's, but is not."""
        file, log = self.now()
        with self.lock:
            records = [it for it in self.records if it.dbapi_connection]

        opened = [it.info.get("file", (file, None)) for it in records]
        # As long as a connection has it open, no other log can have its number.
        if file and log and any(it[0] != file and it[1] == log for it in opened):
            with suppress(FileNotFoundError):
                self.remove_log(log)

    def remove_log(self, number: object) -> None:
        import fcntl  # Only Unix has it, and replaces files that are open.

        with open(self.log, "rb") as log:
            # By now another process may have removed it, and have a new one.
            fcntl.flock(log, fcntl.LOCK_EX)
            if identity(self.log) == number:
                Path(self.index).unlink(missing_ok=True)
                Path(self.log).unlink()


def identity(path: str) -> object:
    try:
        status = os.stat(path)
    except OSError:
        return None

    return status.st_dev, status.st_ino
