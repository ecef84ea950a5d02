"""Functions that are called after a commit, and only then.

Tested in ``tests/database/test_hooks.py``.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from typing import cast
from typing import ParamSpec

from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm import SessionTransaction

from . import db
from .changes import CALLS
from .changes import has_changes
from .sessions import ContextSession

P = ParamSpec("P")

logger = logging.getLogger(__name__)

# The key of Session.info for the calls of a transaction that has been committed, and
# has yet to return its connection.
DUE = "due"


def after_commit(
    function: Callable[P, object], *arguments: P.args, **options: P.kwargs
) -> None:
    """Call a function once the current transaction of ``db.session`` is committed.

    That is after the outermost commit; a savepoint that is released is none. After a
    rollback of the transaction, or of the savepoint in which this was called, there is
    no call, so one that is run again after a conflict makes its calls once. The
    function may use ``db.session``, in a transaction of its own.

    The commit cannot be undone any more, so an error of the function is logged, and not
    raised. If the process ends between the commit and the call, there is none: what
    must happen in any case has to be stored in the transaction itself.

    :param function: called with what follows. Several are called in turn.
    :raises RuntimeError: outside of an application context.
    """
    session = cast(ContextSession, db.session())
    with session.lock:
        transaction = session.get_nested_transaction() or session.get_transaction()
        calls = session.info.setdefault(CALLS, {})
        of_transaction = calls.setdefault(transaction or session.begin(), [])
        of_transaction.append(partial(function, *arguments, **options))


def hand_on(session: Session) -> None:
    """Let the outer transaction have the calls of one that has been committed."""
    calls = session.info.get(CALLS, {})
    savepoint = session.get_nested_transaction()
    committed = calls.pop(savepoint or session.get_transaction(), [])
    if savepoint is None:
        session.info[DUE] = committed
    else:
        calls.setdefault(savepoint.parent, []).extend(committed)


def forget(session: Session, ended: SessionTransaction) -> None:
    """Forget the calls of a transaction that has ended, except those that are due."""
    session.info.get(CALLS, {}).pop(ended, None)
    lock: Any = cast(ContextSession, session).lock
    if ended.parent is None and not lock._is_owned():
        make_calls(session)


def making_calls(commit: Callable[[ContextSession], None]) -> Callable[..., None]:
    """Make calls once ``commit`` has let the lock go, as they may wait for threads."""

    def wrapper(session: ContextSession) -> None:
        try:
            commit(session)
        finally:
            make_calls(session)

    return wrapper


def make_calls(session: Session) -> None:
    """Make the calls that are due, each of which may use the session."""
    due = session.info.pop(DUE, [])
    if not due:
        return

    # Until its end, SQLAlchemy keeps a ``with`` block to one transaction.
    block, session._trans_context_manager = session._trans_context_manager, None
    try:
        for function in due:
            call(session, function)
    finally:
        session._trans_context_manager = block


def call(session: Session, function: Callable[[], object]) -> None:
    try:
        function()
    except Exception:
        logger.exception("What was to be done after a commit has failed")
        session.rollback()

    # Nothing is in the way of the next transaction if the function has only read.
    if not has_changes(session):
        session.rollback()


ContextSession.commit = making_calls(  # type: ignore[method-assign]
    ContextSession.commit
)
event.listen(ContextSession, "after_commit", hand_on)
event.listen(ContextSession, "after_transaction_end", forget)
