"""What statements of SQLite do, as far as their text tells.

Tested in ``tests/database/test_write_lock.py``.
"""

import re

# What begins otherwise may have changes, also if SQLite counts none.
READING = ("SELECT", "VALUES", "EXPLAIN")

IGNORED = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)

READING_LATER = re.compile(
    r"""
    SELECT\b | VALUES\b | EXPLAIN\b
    | WITH\b (?! .* \b (?: DELETE | INSERT | REPLACE | UPDATE ) \b )
    | PRAGMA \s+ (?: [\w"]+ \. )? (?:
        (?: foreign_key_list | index_list | index_x?info )\b
        | (?: table_list | table_x?info )\b
        | (?! incremental_vacuum | optimize | wal_checkpoint ) \w+ \s* ;? \s* $
    )
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)

# As SQLAlchemy writes it.
SAVEPOINT = re.compile(r"(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) (\w+)")


def is_reading(statement: str) -> bool:
    """Tell whether a statement changes nothing for certain."""
    return statement[:20].lstrip(" \n(").upper().startswith(READING) or reads(statement)


def reads(statement: str) -> bool:
    ignored = IGNORED.match(statement)
    return bool(READING_LATER.match(statement, ignored.end() if ignored else 0))


def is_savepoint(statement: str) -> bool:
    return SAVEPOINT.fullmatch(statement) is not None


def note_savepoint(statement: str, names: list[str]) -> None:
    """Take note of a statement that changes which savepoints there are."""
    if match := SAVEPOINT.fullmatch(statement):
        command, name = match.groups()
        if command == "SAVEPOINT":
            names.append(name)
        elif command == "RELEASE SAVEPOINT" and name in names:
            del names[names.index(name) :]
