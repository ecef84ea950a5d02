"""Each migration runs on tables with rows: up, down and up again.

Rows are made from the tables as they are before it. Where that cannot be done, as for
a ``CHECK``, write them here.
"""

from collections.abc import Iterator
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy
from alembic.script import Script
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

from my_flask_app.database import alembic_commands
from my_flask_app.database import db

# The rows of tables for which none can be made, by the names of the tables.
ROWS: dict[str, list[dict[str, Any]]] = {}

VALUES: dict[type, Any] = {
    bool: lambda number: number % 2 == 0,
    bytes: lambda number: b"%d" % number,
    date: lambda number: date(2000, 1, number),
    datetime: lambda number: datetime(2000, 1, number),
    Decimal: lambda number: Decimal(number) / 100,
    dict: lambda number: {"number": number},
    float: float,
    int: int,
    list: lambda number: [],
    str: str,
    time: lambda number: time(number),
    timedelta: lambda number: timedelta(number),
    UUID: lambda number: UUID(int=number),
}


def scripts() -> list[Script]:
    """Return the migrations in the order in which they run."""
    directory = ScriptDirectory.from_config(alembic_commands.make_config())
    return list(directory.walk_revisions())[::-1]


def test_each_migration_runs_on_tables_with_rows(unmigrated_app: Flask) -> None:
    for script in scripts():
        fill(unmigrated_app)
        flask_db(unmigrated_app, "upgrade", script.revision)
        if not script.is_merge_point:
            fill(unmigrated_app)
            flask_db(unmigrated_app, "downgrade", str(script.down_revision or "base"))
            flask_db(unmigrated_app, "upgrade", script.revision)


def flask_db(app: Flask, command: str, revision: str) -> None:
    result = app.test_cli_runner().invoke(args=["db", command, revision])
    if result.exit_code:
        message = f"on tables with rows, `flask db {command} {revision}` has failed"
        pytest.fail(f"{message}:\n{result.output}", pytrace=False)


def fill(app: Flask) -> None:
    """Have a row with only what there must be, and one with everything."""
    with app.app_context(), db.engine.begin() as connection:
        for table in tables(connection):
            for row in ROWS.get(table.name) or rows(connection, table):
                connection.execute(insert(table).values(row))


def tables(connection: Connection) -> list[Table]:
    """Return all tables, those first that others refer to."""
    metadata = MetaData()
    metadata.reflect(connection)
    every = metadata.sorted_tables
    return [it for it in every if it.name != "alembic_version" and it.schema is None]


def rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    count = connection.scalar(select(func.count()).select_from(table)) or 0
    for number in range(count + 1, 3):
        yield {
            column.name: value(connection, column, number)
            for column in table.columns
            if is_wanted(column, number)
        }


def is_wanted(column: Column[Any], number: int) -> bool:
    if column.computed or column.identity:
        return False
    if column.primary_key and not column.foreign_keys:
        return column is not column.table.autoincrement_column

    return number == 2 or not (column.nullable or column.server_default)


def value(connection: Connection, column: Column[Any], number: int) -> object:
    for key in column.foreign_keys:
        found = connection.scalars(select(key.column).order_by(key.column)).all()
        return found[min(number, len(found)) - 1] if found else None

    kind = column.type
    if isinstance(kind, sqlalchemy.Enum):
        return kind.enums[number % len(kind.enums)]

    made = VALUES[kind.python_type](number)
    return made[: kind.length] if isinstance(kind, String) else made
