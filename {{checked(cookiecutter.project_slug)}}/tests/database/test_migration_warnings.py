import pytest
from alembic.operations.ops import AddColumnOp
from alembic.operations.ops import AlterColumnOp
from alembic.operations.ops import CreateTableOp
from alembic.operations.ops import CreateUniqueConstraintOp
from alembic.operations.ops import DropColumnOp
from alembic.operations.ops import DropTableOp
from alembic.operations.ops import MigrateOperation
from alembic.operations.ops import ModifyTableOps
from alembic.operations.ops import UpgradeOps
from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Numeric
from sqlalchemy import SmallInteger
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeEngine

from my_flask_app.database.migration_warnings import warnings_of


def warnings(*operations: MigrateOperation) -> str:
    changes = ModifyTableOps("shelves", list(operations))
    return "\n".join(warnings_of(UpgradeOps([changes]), DefaultDialect()))


def test_a_column_that_may_have_been_renamed_is_named() -> None:
    drop = DropColumnOp("shelves", "size")
    assert warnings(drop) == "shelves.size is dropped with what it holds"
    assert warnings(drop, AddColumnOp("shelves", Column("height", Integer))) == (
        "shelves.size is dropped with what it holds; if height is its new name, write"
        ' op.alter_column("shelves", "size", new_column_name="height")'
    )


def test_a_table_that_may_have_been_renamed_is_named() -> None:
    drop = DropTableOp.from_table(Table("cases", MetaData(), Column("id", Integer)))
    assert warnings(drop) == "cases is dropped with its rows"
    assert warnings(drop, CreateTableOp("boxes", [Column("id", Integer)])) == (
        "cases is dropped with its rows; if boxes is its new name, write"
        ' op.rename_table("cases", "boxes")'
    )


def test_a_column_that_must_have_a_value_is_named() -> None:
    demanding = Column("size", Integer, nullable=False)
    assert "shelves.size is NOT NULL" in warnings(AddColumnOp("shelves", demanding))
    given = Column("size", Integer, nullable=False, server_default="1")
    assert warnings(AddColumnOp("shelves", given)) == ""
    assert warnings(AddColumnOp("shelves", Column("size", Integer))) == ""
    alter = AlterColumnOp("shelves", "size", modify_nullable=False)
    assert "shelves.size becomes NOT NULL" in warnings(alter)


def test_a_column_that_becomes_unique_is_named() -> None:
    unique = CreateUniqueConstraintOp("uq_shelves_size", "shelves", ["size"])
    assert "shelves.size becomes unique" in warnings(unique)


@pytest.mark.parametrize("native", [True, False])
def test_an_enum_with_a_type_of_its_own_is_named(native: bool) -> None:
    dialect = DefaultDialect()
    dialect.supports_native_enum = True
    types = Enum("NEW", "OLD", name="kind", native_enum=native)
    kind: Column[str] = Column("kind", types)
    for operation in (AddColumnOp("shelves", kind), CreateTableOp("boxes", [kind])):
        lines = warnings_of(UpgradeOps([operation]), dialect)
        assert ["is a native ENUM" in line for line in lines] == [True] * native


@pytest.mark.parametrize(
    ("old", "new", "narrows"),
    [
        (String(50), String(20), True),
        (String(20), String(50), False),
        (String(20), Text(), False),
        (Text(), String(20), True),
        (Integer(), SmallInteger(), True),
        (Integer(), BigInteger(), False),
        (Integer(), String(20), True),
        (Numeric(10, 2), Numeric(8, 2), True),
    ],
)
def test_a_type_that_holds_less_is_named(
    old: TypeEngine[object], new: TypeEngine[object], narrows: bool
) -> None:
    alter = AlterColumnOp("shelves", "size", existing_type=old, modify_type=new)
    assert bool(warnings(alter)) is narrows
