import enum
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from helpers import tables
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import insert
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import type_coerce
from sqlalchemy import TypeDecorator
from sqlalchemy import update
from sqlalchemy.types import TypeEngine

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.database.enum_members import lost_members


class Kind(enum.Enum):
    PROSE = "prose"
    VERSE = "verse"


class OfKind(TypeDecorator[Kind]):
    impl = Enum
    cache_ok = True


def values(kind: type[Kind]) -> list[str]:
    return [it.value for it in kind]


KIND = Enum(Kind, native_enum=False, length=50)

DIALECTS = "cockroachdb mariadb mssql mysql oracle postgresql sqlite".split()

TYPES: list[tuple[TypeEngine[Any], str, str]] = [
    (KIND, "VERSE", "Kind"),
    (Enum(Kind, native_enum=False, values_callable=values), "verse", "Kind"),
    (Enum("PROSE", "VERSE", native_enum=False), "VERSE", "its Enum"),
    (OfKind(Kind, native_enum=False), "VERSE", "Kind"),
    (Integer().with_variant(KIND, *DIALECTS), "VERSE", "Kind"),
]


def flask_db(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["db", *arguments])


def books(metadata: MetaData, kind: TypeEngine[Any]) -> Table:
    return Table(
        "books",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("kind", kind),
    )


def store(app: Flask, table: Table, *kinds: str | None) -> None:
    """Write rows as they are after a member was renamed or removed."""
    stored = books(MetaData(), String(50))
    rows = [{"id": number, "kind": kind} for number, kind in enumerate(kinds)]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(insert(stored), rows)


def lost(app: Flask, metadata: MetaData) -> list[str]:
    with app.app_context(), db.engine.connect() as connection:
        return list(lost_members(connection, metadata))


@pytest.fixture
def model(app: Flask) -> Iterator[Table]:
    """Return a table that is in the database and one of the models."""
    metadata = MetaData()
    books(metadata, KIND)
    model = books(Base.metadata, KIND)
    with tables(app, metadata):
        yield model

    Base.metadata.remove(model)


def test_check_fails_where_rows_hold_what_is_no_member(
    app: Flask, model: Table
) -> None:
    assert flask_db(app, "check").exit_code == 0
    store(app, model, "PROSE", "POEM", "POEM", None)
    with app.app_context(), pytest.raises(LookupError):
        db.session.execute(select(model)).all()

    result = flask_db(app, "check")
    assert result.exit_code == 1
    assert "books.kind: rows hold 'POEM', which Kind does not have" in result.output
    with app.app_context(), db.engine.begin() as connection:
        is_lost = type_coerce(model.c.kind, String()) == "POEM"
        connection.execute(update(model).where(is_lost).values(kind=Kind.VERSE))

    assert flask_db(app, "check").exit_code == 0


def test_check_names_them_besides_other_differences(
    app: Flask, model: Table, caplog: pytest.LogCaptureFixture
) -> None:
    store(app, model, "POEM")
    model.append_column(Column("pages", Integer))
    result = flask_db(app, "check")
    assert result.exit_code == 1
    assert "add_column" in result.output
    assert "books.kind: rows hold 'POEM'" in caplog.text


def test_migrate_names_them(
    app: Flask, model: Table, caplog: pytest.LogCaptureFixture
) -> None:
    store(app, model, "POEM")
    assert flask_db(app, "migrate", "-m", "Nothing").exit_code == 0
    assert "books.kind: rows hold 'POEM'" in caplog.text


@pytest.mark.parametrize(("kind", "member", "name"), TYPES)
def test_every_enum_that_is_stored_as_text_is_looked_at(
    app: Flask, kind: TypeEngine[Any], member: str, name: str
) -> None:
    metadata = MetaData()
    table = books(metadata, kind)
    with tables(app, metadata):
        store(app, table, member, None, "SONG", "POEM")
        expected = f"books.kind: rows hold 'POEM', 'SONG', which {name} does not have"
        assert lost(app, metadata) == [expected]


def test_a_column_that_no_migration_has_made_yet_is_left_alone(app: Flask) -> None:
    missing, present = MetaData(), MetaData()
    books(missing, KIND)
    assert lost(app, missing) == []
    Table("books", present, Column("id", Integer, primary_key=True))
    with tables(app, present):
        assert lost(app, missing) == []


@pytest.mark.parametrize(
    ("stored", "value"), [(Integer(), 1), (Enum(Kind), Kind.VERSE)]
)
def test_a_column_of_another_type_is_left_alone(
    app: Flask, stored: TypeEngine[Any], value: object
) -> None:
    made, written = MetaData(), MetaData()
    table = books(made, stored)
    books(written, KIND)
    with tables(app, made):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(insert(table).values(id=1, kind=value))

        assert lost(app, written) == []
