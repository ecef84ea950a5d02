"""What a session has changed, and not committed.

Tested in ``tests/database/test_unsaved.py``.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy import TextClause
from sqlalchemy.orm import Session
from sqlalchemy.orm import SessionTransaction

# The key of Session.info for the transactions that have written.
WRITTEN = "written"

# The same for what is to be called after a commit, by transaction.
CALLS = "calls"

BULK = ("bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings")

WRITES = re.compile(
    r"""
    (?:\s | --[^\n]*\n | /\*(?:(?!\*/).)*\*/)*
    (?: WITH\b .* \b (?:INSERT\s+INTO | UPDATE\s+(?:\S+\s+){1,4}SET | DELETE\s+FROM)
        | INSERT | UPDATE | DELETE | REPLACE | MERGE | TRUNCATE) \b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


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
    transaction = session.get_nested_transaction() or session.get_transaction()
    used = transaction._connections.values() if transaction else ()
    if not all(connection._is_autocommit_isolation() for connection, *_ in used):
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
    written -= {it for it in written if ended in it._iterate_self_and_parents()}


def has_changes(session: Session) -> bool:
    """Tell whether a session has something that only a commit would let happen.

    That is if it has written something, has objects to write, or calls to make.
    """
    info = session.info
    return bool(info.get(WRITTEN) or info.get(CALLS)) or is_changed(session)


def is_changed(session: Session) -> bool:
    if session._is_clean():  # Which is fast, and usual.
        return False

    changed = any(session.is_modified(it) for it in session.dirty)
    return changed or bool(session.new or session.deleted)
