"""Statements that are transactions by themselves, because of AUTOCOMMIT.

Tested in ``tests/database/test_write_lock.py``.
"""

import sqlite3
from collections.abc import Callable
from functools import partial

from .manners import note_commit
from .turns import Turns


def write_alone(
    turns: Turns, connection: sqlite3.Connection, execute: Callable[[], None]
) -> None:
    """Execute a statement that is a transaction by itself, because of AUTOCOMMIT."""
    writer = turns.take(connection, execute)
    writer.outers.go_on()
    turns.lock.leave(writer)
    note_commit()


def write_together(
    turns: Turns, connection: sqlite3.Connection, execute: Callable[[], None]
) -> None:
    """Execute a statement for several rows, which would be as many transactions.

    If one of them was refused, nobody would know which of them are there.
    """
    begin = partial(connection.execute, "BEGIN IMMEDIATE")
    writer = turns.take(connection, begin)
    try:
        execute()
        connection.commit()
        writer.outers.go_on()
        note_commit()
    finally:
        connection.rollback()
        turns.lock.leave(writer)
