"""Transactions that are run again when they conflict with others.

Tested in ``tests/database/test_transactions.py``.
"""

import inspect
import random
import time
from collections.abc import Callable
from typing import TypeVar

from . import db
from .failures import is_conflict

R = TypeVar("R")


def run_transaction(work: Callable[[], R], retries: int = 10) -> R:
    """Do ``work`` in a transaction of ``db.session``, commit, and return its result.

    If transactions deadlock or cannot be serialized, the database aborts one of them.
    The application must run that again from its first query, as only the application
    knows which statements belong together.

    :param work: reads and changes through ``db.session``, and does not commit. It may
        be called several times, so what cannot be undone, such as sending a mail,
        belongs after the transaction.
    :param retries: how many times ``work`` is called again, at most.
    :raises DBAPIError: if it was refused each time.
    :raises TypeError: if it is a coroutine or generator function, which returns before
        it has done anything.
    :raises InvalidRequestError: if the session is in a transaction, as it is after
        any query; commit or roll back first.
    """
    retry = 0
    while True:
        transaction = db.session.begin()
        try:
            result = finished(work())
            transaction.commit()
            return result
        except BaseException as error:
            db.session.rollback()
            if retry == retries or not is_conflict(error):
                raise

        # At random, so that those who met do not meet again.
        time.sleep(random.uniform(0, min(1, 0.01 * 2**retry)))
        retry += 1


def finished(result: R) -> R:
    """Return a result, unless it is something that has not begun."""
    if inspect.iscoroutine(result):
        result.close()  # Or Python would warn that nobody has awaited it.
    elif not (inspect.isgenerator(result) or inspect.isasyncgen(result)):
        return result

    raise TypeError("work must be a function, not a coroutine or a generator")
