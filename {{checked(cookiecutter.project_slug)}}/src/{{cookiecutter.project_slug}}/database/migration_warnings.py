"""What in a migration fails or loses data if the tables have rows.

Tested in ``tests/database/test_migration_warnings.py``.
"""

from collections.abc import Iterator
from typing import Any

from alembic.operations.ops import AddColumnOp
from alembic.operations.ops import AlterColumnOp
from alembic.operations.ops import CreateTableOp
from alembic.operations.ops import CreateUniqueConstraintOp
from alembic.operations.ops import DropColumnOp
from alembic.operations.ops import DropTableOp
from alembic.operations.ops import MigrateOperation
from alembic.operations.ops import OpContainer
from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Dialect
from sqlalchemy import Enum
from sqlalchemy import Integer
from sqlalchemy import SmallInteger
from sqlalchemy.types import TypeEngine

SIZES = ("length", "precision", "scale")

LARGEST = 10**9  # What stands for no limit.


def warnings_of(operations: OpContainer, dialect: Dialect) -> list[str]:
    """Return a line for each operation that has to be read."""
    every = list(flat(operations))
    return [
        *renamings(every),
        *demands(every),
        *conversions(every, dialect),
        *enums(every, dialect),
    ]


def flat(container: OpContainer) -> Iterator[MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, OpContainer):
            yield from flat(operation)
        else:
            yield operation


def renamings(every: list[MigrateOperation]) -> Iterator[str]:
    """Yield what is dropped, and what may have been renamed."""
    for operation in every:
        if isinstance(operation, DropColumnOp):
            yield dropped_column(operation, every)
        elif isinstance(operation, DropTableOp):
            yield dropped_table(operation, every)


def dropped_column(drop: DropColumnOp, every: list[MigrateOperation]) -> str:
    table, name = drop.table_name, drop.column_name
    line = f"{table}.{name} is dropped with what it holds"
    added = [it for it in every if isinstance(it, AddColumnOp)]
    names = [str(it.column.name) for it in added if it.table_name == table]
    if not names:
        return line

    call = f'op.alter_column("{table}", "{name}", new_column_name="{names[0]}")'
    return f"{line}; if {' or '.join(names)} is its new name, write {call}"


def dropped_table(drop: DropTableOp, every: list[MigrateOperation]) -> str:
    table, columns = drop.table_name, set(drop.to_table().columns.keys())
    line = f"{table} is dropped with its rows"
    for other in every:
        if isinstance(other, CreateTableOp) and columns == {
            str(column.name) for _, column in columns_of(other)
        }:
            call = f'op.rename_table("{table}", "{other.table_name}")'
            return f"{line}; if {other.table_name} is its new name, write {call}"

    return line


def demands(every: list[MigrateOperation]) -> Iterator[str]:
    """Yield what asks of rows something that they may not have."""
    for operation in every:
        if isinstance(operation, AddColumnOp) and is_missing(operation.column):
            name = f"{operation.table_name}.{operation.column.name}"
            yield f"{name} is NOT NULL without a server_default: there is no value"
        elif isinstance(operation, AlterColumnOp):
            if operation.modify_nullable is False:
                name = f"{operation.table_name}.{operation.column_name}"
                yield f"{name} becomes NOT NULL: fails where it is NULL"
        elif isinstance(operation, CreateUniqueConstraintOp):
            name = f"{operation.table_name}.{', '.join(map(str, operation.columns))}"
            yield f"{name} becomes unique: fails where rows have the same"


def is_missing(column: Column[Any]) -> bool:
    given = column.server_default or column.computed or column.identity
    return not column.nullable and given is None


def conversions(every: list[MigrateOperation], dialect: Dialect) -> Iterator[str]:
    """Yield what gets a type that may not hold all that is there."""
    for operation in every:
        if not isinstance(operation, AlterColumnOp):
            continue

        old, new = operation.existing_type, operation.modify_type
        if old is not None and new is not None and not is_wider(old, new):
            before, after = (it.compile(dialect=dialect) for it in (old, new))
            name = f"{operation.table_name}.{operation.column_name}"
            yield f"{name} becomes {after} instead of {before}: may fail or cut off"


def enums(every: list[MigrateOperation], dialect: Dialect) -> Iterator[str]:
    """Yield what has a type of the database that each new member has to alter."""
    for operation in every:
        for table, column in columns_of(operation):
            kind = column.type
            is_native = isinstance(kind, Enum) and kind.native_enum
            if is_native and dialect.supports_native_enum:
                yield f"{table}.{column.name} is a native ENUM: use Mapped[…] alone"


def columns_of(operation: MigrateOperation) -> list[tuple[str, Column[Any]]]:
    if isinstance(operation, AddColumnOp):
        return [(operation.table_name, operation.column)]
    if not isinstance(operation, CreateTableOp):
        return []

    table, items = operation.table_name, operation.columns
    return [(table, it) for it in items if isinstance(it, Column)]


def is_wider(old: TypeEngine[Any], new: TypeEngine[Any]) -> bool:
    """Tell whether a type holds all that another one does."""
    if isinstance(old, Integer) and isinstance(new, Integer):
        return rank(new) >= rank(old)
    if old._type_affinity is not new._type_affinity:
        return False

    return all(
        (getattr(new, size, None) or LARGEST) >= (getattr(old, size, None) or LARGEST)
        for size in SIZES
    )


def rank(kind: Integer) -> int:
    return isinstance(kind, BigInteger) - isinstance(kind, SmallInteger)
