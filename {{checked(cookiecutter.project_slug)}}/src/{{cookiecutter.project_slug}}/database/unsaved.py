"""A forgotten commit is noticed.

If a request answers well, or a command succeeds, and its session has changed something
that was not committed, there is a warning: in the log, once for each view and command,
and in tests an error, as pytest is told to make of warnings. Where nothing is to be
stored, roll the session back.

Tested in ``tests/database/test_unsaved.py``.
"""

import re
import warnings
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import cast

import click
from flask import Request
from flask import request
from flask import Response
from sqlalchemy import event
from sqlalchemy import TextClause
from sqlalchemy.orm import Session
from sqlalchemy.orm import SessionTransaction
from werkzeug.local import LocalProxy

# Keys of Session.info: who has succeeded, and the transactions that have written.
DONE = "done"
WRITTEN = "written"

BULK = ("bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings")

WRITES = re.compile(
    r"""
    (?:\s | --[^\n]*\n | /\*(?:(?!\*/).)*\*/)*
    (?: WITH\b .* \b (?:INSERT\s+INTO | UPDATE\s+(?:\S+\s+){1,4}SET | DELETE\s+FROM)
        | INSERT | UPDATE | DELETE | REPLACE | MERGE | TRUNCATE) \b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


class UncommittedChanges(UserWarning):
    """A request or a command succeeded, and has not committed what it changed."""


def watch(session_class: type[Session]) -> None:
    """Let sessions remember that they have written something."""
    for name in ("execute", "scalar", "scalars"):
        setattr(session_class, name, noting(getattr(session_class, name)))
    for name in BULK:
        setattr(session_class, name, noting_bulk(getattr(session_class, name)))

    event.listen(session_class, "after_flush", note_flush)
    event.listen(session_class, "after_commit", forget_committed)
    event.listen(session_class, "after_soft_rollback", forget_rolled_back)


def noting(execute: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(session: Session, statement: Any, *args: Any, **options: Any) -> Any:
        result = execute(session, statement, *args, **options)
        if is_writing(statement) and getattr(result, "rowcount", None) != 0:
            note(session)

        return result

    return wrapper


def noting_bulk(write: Callable[..., None]) -> Callable[..., None]:
    def wrapper(session: Session, *args: Any, **options: Any) -> None:
        write(session, *args, **options)
        note(session)

    return wrapper


def is_writing(statement: Any) -> bool:
    # What text().columns() and Select.from_statement() are about.
    statement = getattr(statement, "element", statement)
    if isinstance(statement, TextClause):
        return bool(WRITES.match(statement.text))

    return bool(getattr(statement, "is_dml", False))


def note_flush(session: Session, _: object) -> None:
    # There is an event, too, if nothing had to be written.
    if is_changed(session):
        note(session)


def note(session: Session) -> None:
    if not session.connection()._is_autocommit_isolation():
        transaction = session.get_nested_transaction() or session.get_transaction()
        session.info.setdefault(WRITTEN, set()).add(transaction)


def forget_committed(session: Session) -> None:
    savepoint = session.get_nested_transaction()
    if savepoint is None:
        session.info.pop(WRITTEN, None)
    elif savepoint in session.info.get(WRITTEN, ()):
        session.info[WRITTEN].remove(savepoint)
        session.info[WRITTEN].add(savepoint.parent)


def forget_rolled_back(session: Session, ended: SessionTransaction) -> None:
    # A flush that fails rolls back the savepoint or the transaction that it is in.
    while ended.parent is not None and not ended.nested:
        ended = ended.parent

    written = session.info.get(WRITTEN, set())
    written -= {it for it in written if ended in with_parents(it)}


def with_parents(transaction: SessionTransaction) -> Iterator[SessionTransaction]:
    parent: SessionTransaction | None = transaction
    while parent is not None:
        yield parent
        parent = parent.parent


def expect_of_request(session: Session, response: Response) -> None:
    """Expect of a request that it has committed its changes, if it answers well."""
    this = cast("LocalProxy[Request]", request)._get_current_object()
    session.info[DONE] = this if response.status_code < 400 else None


def expect_of_command(session: Session, error: object) -> None:
    """Expect of a command that it has committed its changes, if it succeeds."""
    if error is None and DONE not in session.info:
        session.info[DONE] = click.get_current_context(silent=True)


def warn_if_forgotten(session: Session) -> None:
    """Warn about a session that is going to end, if it was expected to commit."""
    done = session.info.get(DONE)
    if done and (session.info.get(WRITTEN) or is_changed(session)):
        message = f"{name_of(done)} changed something and did not commit it;"
        remedy = "call db.session.commit(), or db.session.rollback() if that is meant"
        warnings.warn(f"{message} {remedy}", UncommittedChanges, stacklevel=2)


def name_of(done: Request | click.Context) -> str:
    """Return a name that is the same for each use of a view or command."""
    if isinstance(done, Request):
        return f"{done.method} {done.endpoint}"

    return done.command_path


def is_changed(session: Session) -> bool:
    if session._is_clean():  # Which is fast, and usual.
        return False

    changed = any(session.is_modified(it) for it in session.dirty)
    return changed or bool(session.new or session.deleted)
