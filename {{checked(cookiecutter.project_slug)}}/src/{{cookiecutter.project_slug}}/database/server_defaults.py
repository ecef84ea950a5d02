"""Whether the default of a column in the database is that of its model.

Databases write literals in ways of their own, which Alembic takes for changes, and
expressions, which nobody can compare. Tested in
``tests/database/test_server_defaults.py``.
"""

import re
from decimal import Decimal
from decimal import InvalidOperation
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Dialect
from sqlalchemy import Integer
from sqlalchemy import Numeric
from sqlalchemy import String

CAST = re.compile(r"::[\w ]+(\(\d+(,\d+)?\))?$")

LITERAL = re.compile(r"'(?P<text>.*)'|(?P<word>[-+]?[\d.]+|true|false)", re.I | re.S)

BOOLEANS = {"true": "1", "t": "1", "false": "0", "f": "0"}


def has_changed(
    context: Any,
    _: object,
    column: Column[Any],
    stored: str | None,
    default: Any,
    __: object,
) -> bool | None:
    """Return None where Alembic may compare: where one of them has no default."""
    given = given_literal(default, context.dialect)
    if stored is None or default is None:
        return False if stored == given else None

    found = literal(stored)
    if found is None or given is None:
        return False

    return not are_same(found, given, column)


def given_literal(default: Any, dialect: Dialect) -> str | None:
    argument = getattr(default, "arg", None)
    if argument is None or isinstance(argument, str):
        return argument

    return literal(str(argument.compile(dialect=dialect)))


def literal(text: str) -> str | None:
    """Return the value that SQL stands for, or None if it is an expression."""
    before = ""
    while text != before:
        before, text = text, CAST.sub("", text.strip())
        text = text[1:-1] if text.startswith("(") and text.endswith(")") else text

    match = LITERAL.fullmatch(text)
    if match is None:
        return None

    return match["word"] or match["text"].replace("''", "'").replace("\\'", "'")


def are_same(one: str, other: str, column: Column[Any]) -> bool:
    if isinstance(column.type, Boolean):
        one, other = (BOOLEANS.get(it.lower(), it) for it in (one, other))
    elif isinstance(column.type, (Integer, Numeric)):
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return one == other
    elif not isinstance(column.type, String):
        # Such as moments, of which each database has its own spelling.
        return True

    return one == other
