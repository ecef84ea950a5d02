"""Statements are executed in turn, also those of a transaction that reads so far.

Such a transaction may write as long as no other one has written since it began.

Tested in ``tests/database/test_safe_requests.py`` and ``test_write_lock.py``.
"""

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event

from . import snapshots
from .dialect import is_locked
from .dialect import is_stale
from .dialect import StaleState
from .manners import current_manner
from .manners import note_commit
from .methods import EXECUTE
from .methods import Method
from .methods import wrap
from .single_writes import write_alone
from .single_writes import write_together
from .sql import is_reading
from .sql import is_savepoint
from .turns import Turns
from .urls import file_of
from .writers import WRITER
from .writers import Writer

STALE = (
    "database is locked: another transaction has written since this one began to read;"
    " roll back, and write sooner"
)


def protect(engine: Engine, timeout: float) -> None:
    """Let transactions of an engine wait for the write lock, up to ``timeout`` s."""
    # SQLite follows links, and so do all who take turns at the same file.
    turns = Turns(os.path.realpath(file_of(engine.url)), timeout)
    event.listen(engine, "begin", turns.begin)
    wrap(engine, EXECUTE, partial(execute_in_turn, turns))
    wrap(engine, ["do_commit"], commit_and_note)
    wrap(engine, ["do_commit", "do_rollback", "do_close"], partial(end_turn, turns))


def execute_in_turn(turns: Turns, execute: Method) -> Method:
    def wrapper(cursor: sqlite3.Cursor, statement: str, *arguments: Any) -> None:
        if is_reading(statement):
            execute(cursor, statement, *arguments)
            return

        run = partial(execute, cursor, statement, *arguments)
        connection = arguments[-1].root_connection
        writer = turns.lock.current()
        if writer and writer.connection is cursor.connection:
            writer.write(statement, run)
        elif not cursor.connection.in_transaction:
            current_manner().check_write(connection)
            # A list has several rows.
            write = write_together if isinstance(arguments[0], list) else write_alone
            write(turns, cursor.connection, run)
        else:
            write_late(turns, connection, statement, run)

    return wrapper


def write_late(
    turns: Turns, connection: Connection, statement: str, execute: Callable[[], None]
) -> None:
    """Execute a statement of a transaction that has begun as one that reads."""
    driver_connection: Any = connection.connection.driver_connection
    late = connection.info.get(WRITER) or Writer.that_reads(driver_connection)
    if is_savepoint(statement):
        late.write(statement, execute)
        return

    manner = current_manner()
    manner.check_write(connection)
    if turns.is_taken():
        # It would be refused after it has waited.
        manner.refuse(connection)

    failures: list[sqlite3.Error] = []

    def write() -> None:
        try:
            if late.is_stale:
                raise StaleState(STALE)
            late.write(statement, execute)
        except sqlite3.Error as error:
            if not is_locked(error):
                # It has the lock all the same.
                failures.append(error)
            elif is_stale(error) or late.sees_changes():
                late.is_stale = True
                raise StaleState(STALE) from None
            else:
                raise

    try:
        writer = turns.take(driver_connection, write)
    except sqlite3.OperationalError:
        manner.refuse(connection)
        raise

    writer.has_written = True
    connection.info[WRITER] = writer
    if failures:
        raise failures[0]


def end_turn(turns: Turns, end: Method) -> Method:
    def wrapper(connection: Any) -> None:
        snapshots.note_end(connection, turns.path)
        writer = turns.lock.current()
        driver_connection = getattr(connection, "driver_connection", connection)
        if writer and writer.connection is driver_connection:
            writer.end(partial(end, connection))
        else:
            end(connection)

        if over := getattr(connection, "info", {}).pop(WRITER, None):
            over.has_ended = True

        turns.lock.look()

    return wrapper


def commit_and_note(commit: Method) -> Method:
    def wrapper(connection: Any) -> None:
        current_manner().check_commit()
        commit(connection)
        writer = connection.info.get(WRITER)
        if writer and writer.outers:
            writer.outers.go_on()
        note_commit()

    return wrapper
