"""A transaction that the server has aborted is not committed.

PostgreSQL answers the COMMIT of a transaction in which a statement failed with
ROLLBACK, and MySQL goes on with a new transaction after a deadlock, so an application
that catches the error and commits would lose its changes without a word.

Tested in ``tests/database/test_commits.py``.
"""

from copy import copy
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import PendingRollbackError

from . import dialect
from . import driver
from .methods import Method
from .methods import wrap


def protect(engine: Engine) -> None:
    """Raise an error when a transaction that the server has aborted is committed."""
    event.listen(engine, "handle_error", note_end)
    wrap(engine, ["do_commit"], partial(refusing, engine))
    wrap(engine, ["do_rollback"], forgetting)


def note_end(context: ExceptionContext) -> None:
    """Remember an error, as those that follow in its transaction are because of it."""
    error, connection = context.sqlalchemy_exception, context.connection
    if not isinstance(error, DBAPIError) or connection is None:
        return

    orig = context.original_exception
    code = driver.error_code(orig)
    if code in dialect.FOLLOWING:
        orig.__context__ = connection.info.get("failed_by")
    elif not connection._is_autocommit_isolation():
        # Its traceback would keep the connection, if nobody returns that.
        error = type(error)(error.statement, error.params, copy(orig))
        connection.info["failed_by"] = error
        if code in dialect.ENDS_TRANSACTION:
            connection.info["ended_by"] = error


def refusing(engine: Engine, commit: Method) -> Method:
    """Raise an error in place of a commit that would lose something."""

    def wrapper(connection: Any) -> None:
        failed_by = connection.info.pop("failed_by", None)
        error = connection.info.pop("ended_by", None)
        if error is None and driver.has_failed(connection.dbapi_connection):
            error = PendingRollbackError(
                "an earlier statement has failed, so this transaction cannot be"
                " committed; roll it back, or run what may fail in"
                " db.session.begin_nested()"
            )
            error.__cause__ = failed_by
        if error is not None:
            # SQLAlchemy takes the transaction for ended, and would not do it.
            engine.dialect.do_rollback(connection)
            raise error

        commit(connection)

    return wrapper


def forgetting(roll_back: Method) -> Method:
    def wrapper(connection: Any) -> None:
        connection.info.pop("failed_by", None)
        connection.info.pop("ended_by", None)
        roll_back(connection)

    return wrapper
