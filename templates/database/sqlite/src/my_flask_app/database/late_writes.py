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
from .manners import current_manner
from .manners import note_commit
from .methods import EXECUTE
from .methods import Method
from .methods import wrap
from .single_writes import write_alone
from .single_writes import write_together
from .turns import Turns
from .urls import file_of
from .writers import is_reading
from .writers import LONG
from .writers import NestedWrite
from .writers import read_state
from .writers import WRITER
from .writers import Writer

GAVE_WAY = (
    "database is locked: this transaction only read for more than a second, and another"
    " one has written since; roll back, and write sooner"
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
        writer = turns.lock.current()
        if writer and writer.connection is cursor.connection:
            writer.write(run)
        elif cursor.connection.in_transaction:
            write_late(turns, arguments[-1].root_connection, statement, run)
        elif arguments[-1].executemany:
            write_together(turns, cursor.connection, run)
        else:
            write_alone(turns, cursor.connection, run)

    return wrapper


def write_late(
    turns: Turns, connection: Connection, statement: str, execute: Callable[[], None]
) -> None:
    """Execute a statement of a transaction that has begun as one that reads."""
    late = connection.info.get(WRITER)
    if late and late.nested and statement.startswith("SAVEPOINT"):
        # Later, it would be lost.
        write_after_all(turns, connection, execute)
        return

    try:
        current_manner().check_write(connection)
        execute()
    except sqlite3.OperationalError as error:
        if not is_locked(error):
            raise

        if own := turns.own_writer():
            write_instead(turns, connection, own, execute)
            return

        current_manner().refuse(connection)
        if late is None or not late.has_given_way:
            raise

        write_after_all(turns, connection, execute)


def write_instead(
    turns: Turns, connection: Connection, own: Writer, execute: Callable[[], None]
) -> None:
    """Write while another transaction of the caller has the lock, and only reads."""
    driver_connection: Any = connection.connection.driver_connection
    # From now on it is refused if it does not see the last state.
    read_state(driver_connection).close()
    connection.info[WRITER] = turns.take(driver_connection, execute, LONG)
    own.nested = NestedWrite(driver_connection, connection.info)


def write_after_all(
    turns: Turns, connection: Connection, execute: Callable[[], None]
) -> None:
    """Write after another transaction of the caller, if nobody else has written."""
    driver_connection: Any = connection.connection.driver_connection
    late = connection.info[WRITER]
    driver_connection.execute("ROLLBACK")
    turns.begin_immediate(connection)
    if late.nested is None or not late.nested.is_the_last():
        raise sqlite3.OperationalError(GAVE_WAY)

    connection.info[WRITER].write(execute)


def end_turn(turns: Turns, end: Method) -> Method:
    def wrapper(connection: Any) -> None:
        snapshots.note_end(connection, turns.path)
        writer = turns.lock.current()
        driver_connection = getattr(connection, "driver_connection", connection)
        if writer and writer.connection is driver_connection:
            writer.end(partial(end, connection))
        else:
            end(connection)

        turns.lock.look()

    return wrapper


def commit_and_note(commit: Method) -> Method:
    def wrapper(connection: Any) -> None:
        current_manner().check_commit()
        commit(connection)
        note_commit()

    return wrapper
