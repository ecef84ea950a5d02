"""Transactions that are run again when they conflict with others.

Tested in ``tests/database/test_transactions.py``.
"""

import inspect
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.orm.exc import StaleDataError

from . import db
from . import dialect
from .failures import is_conflict

R = TypeVar("R")


def run_transaction(
    work: Callable[[], R],
    retries: int = 30,
    isolation_level: IsolationLevel | None = "SERIALIZABLE",
) -> R:
    """Do ``work`` in a transaction of ``db.session``, commit, and return its result.

    The result is as if no other transaction had run at the same time: no update is
    lost, and no rule is broken that several transactions keep only together. Where two
    of them cannot both be committed so, the database aborts one. The application must
    run that again from its first query, as only the application knows which statements
    belong together.

    :param work: reads and changes through ``db.session``, and does not commit. It may
        be called several times, so what cannot be undone, such as sending a mail,
        belongs into :func:`.hooks.after_commit`.
    :param retries: how many times ``work`` is called again, at most.
    :param isolation_level: as SQLAlchemy names it, or ``None`` for what the database
        does by default. Below ``"SERIALIZABLE"``, what ``work`` has read may have been
        changed before it writes, unless it reads with ``with_for_update``. In tests
        with the fixture ``app``, sessions have the level of its transaction.
    :raises DBAPIError: if it was refused each time.
    :raises StaleDataError: if each time another transaction had changed a row whose
        version is counted.
    :raises TypeError: if it is a coroutine or generator function, which returns before
        it has done anything.
    :raises InvalidRequestError: if the session is in a transaction, as it is after
        any query; commit or roll back first.
    """
    retry = 0
    while True:
        transaction = db.session.begin()
        try:
            isolate(isolation_level)
            result = finished(work())
            transaction.commit()
            return result
        except BaseException as error:
            db.session.rollback()
            # What ``work`` has caught while the session flushed counts as well.
            caught = transaction._rollback_exception
            conflict = any(map(is_conflict, (error, caught)))
            if retry == retries or not (conflict or isinstance(error, StaleDataError)):
                raise

        # At random, so that those who met do not meet again.
        time.sleep(random.uniform(0, min(1, 0.01 * 2**retry)))  # noqa: S311
        retry += 1


def isolate(level: IsolationLevel | None) -> None:
    """Set the isolation level of the session's transaction, which has just begun."""
    # A session on a connection joins the transaction that has been begun there.
    if level is None or isinstance(db.session.get_bind(), Connection):
        return

    if dialect.ISOLATE:
        statement = dialect.ISOLATE.format(level=level)
        db.session.connection().exec_driver_sql(statement)
    else:
        db.session.connection(execution_options={"isolation_level": level})


def finished(result: R) -> R:
    """Return a result, unless it is something that has not begun."""
    if inspect.iscoroutine(result):
        result.close()  # Or Python would warn that nobody has awaited it.
    elif not (inspect.isgenerator(result) or inspect.isasyncgen(result)):
        return result

    raise TypeError("work must be a function, not a coroutine or a generator")
