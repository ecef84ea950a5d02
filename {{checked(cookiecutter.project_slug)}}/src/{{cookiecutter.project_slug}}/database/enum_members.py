"""Rows that hold what is no member of their column's enum, so that they cannot be read.

Tested in ``tests/database/test_enum_members.py``.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Enum
from sqlalchemy import inspect
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import type_coerce
from sqlalchemy import TypeDecorator

AT_MOST = 5


def lost_members(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Yield a line for each column that holds what is no member of its enum."""
    for table in metadata.tables.values():
        enums = {it: enum for it in table.columns if (enum := enum_of(it, connection))}
        stored = text_columns(table, connection) if enums else set()
        for column, enum in enums.items():
            if column.name in stored and (lost := others(column, enum, connection)):
                kind = enum.enum_class.__name__ if enum.enum_class else "its Enum"
                name = f"{table.fullname}.{column.name}"
                yield f"{name}: rows hold {lost}, which {kind} does not have"


def enum_of(column: Column[Any], connection: Connection) -> Enum | None:
    kind = column.type.dialect_impl(connection.dialect)
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance

    return kind if isinstance(kind, Enum) else None


def text_columns(table: Table, connection: Connection) -> set[str]:
    """Return the columns of a table that hold text in the database now.

    One of another type, such as a native ENUM, could not be compared with text.
    """
    inspector = inspect(connection)
    if not inspector.has_table(table.name, table.schema):
        return set()

    return {
        it["name"]
        for it in inspector.get_columns(table.name, table.schema)
        if isinstance(it["type"], String) and not isinstance(it["type"], Enum)
    }


def others(column: Column[Any], enum: Enum, connection: Connection) -> str:
    text = type_coerce(column, String())
    query = select(text).where(text.not_in(enum.enums)).distinct().limit(AT_MOST)
    return ", ".join(sorted(map(repr, connection.scalars(query))))
