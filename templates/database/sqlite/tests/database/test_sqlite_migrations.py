"""A migration alters a table that others refer to, or it changes nothing."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from textwrap import indent

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import Column
from sqlalchemy import inspect
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import text

from my_flask_app.app import create_app
from my_flask_app.database import Base
from my_flask_app.database import db

MIGRATION = """
from alembic import op
from sqlalchemy import Column, Integer

revision = {revision!r}
down_revision = {head!r}


def upgrade():
{statements}
"""

CREATE_TABLES = """
op.execute("CREATE TABLE shelves (id INTEGER PRIMARY KEY)")
op.execute("CREATE TABLE books (shelf_id REFERENCES shelves ON DELETE CASCADE)")
op.execute("INSERT INTO shelves VALUES (1)")
op.execute("INSERT INTO books VALUES (1)")
"""

VACUUM = """
with op.get_context().autocommit_block():
    op.execute("VACUUM")
op.execute("INSERT INTO shelves VALUES (2)")
"""

ALTER_TABLE = """
with op.batch_alter_table("shelves", recreate="always") as shelves:
    shelves.add_column(Column("height", Integer))
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(config_for_tests(f"sqlite:///{tmp_path / 'migrated.db'}"))
    with app.app_context():
        yield app

    dispose(app)


@pytest.fixture
def config(app: Flask, tmp_path: Path) -> Config:
    """Return the configuration of migrations that are a copy of the project's."""
    folder = tmp_path / "migrations"
    copytree(Path(app.root_path) / "migrations", folder)
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(config: Config, statements: str, revision: str = "last") -> None:
    scripts = ScriptDirectory.from_config(config)
    migration = MIGRATION.format(
        head=scripts.get_current_head(),
        revision=revision,
        statements=indent(statements, "    "),
    )
    Path(scripts.versions, f"{revision}.py").write_text(migration)
    command.upgrade(config, "head")


def test_a_table_that_others_refer_to_is_altered_without_harm(
    app: Flask, config: Config
) -> None:
    migrate(config, CREATE_TABLES + ALTER_TABLE)
    assert db.session.scalar(text("SELECT shelf_id FROM books")) == 1


def test_a_migration_waits_for_one_of_another_process(
    app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(db.engine.url.database)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: other.commit())
        command.upgrade(config, "head")

    assert not other.in_transaction
    other.close()


def test_after_a_migration_foreign_keys_are_enforced(
    app: Flask, config: Config
) -> None:
    migrate(config, CREATE_TABLES)
    assert db.session.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_migration_that_breaks_foreign_keys_changes_nothing(
    app: Flask, config: Config
) -> None:
    with pytest.raises(CommandError, match="row 1 of books refers to shelves"):
        migrate(config, CREATE_TABLES + 'op.execute("DELETE FROM shelves")')

    assert inspect(db.engine).get_table_names() == []


def test_what_was_broken_before_keeps_no_migration_from_running(
    app: Flask, config: Config
) -> None:
    migrate(config, CREATE_TABLES)
    connection = sqlite3.connect(str(db.engine.url.database))
    connection.execute("DELETE FROM shelves")  # Foreign keys are off here.
    connection.commit()
    connection.close()

    migrate(config, ALTER_TABLE, revision="next")
    assert "height" in [it["name"] for it in inspect(db.engine).get_columns("shelves")]


def test_what_cannot_be_in_a_transaction_can_be_in_a_block_without_one(
    app: Flask, config: Config
) -> None:
    migrate(config, CREATE_TABLES + VACUUM)
    assert db.session.scalar(text("SELECT COUNT(*) FROM books")) == 1
    assert db.session.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_file_that_is_no_database_is_told_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "text.db"
    file.write_text("This is not a database, but a text.\n" * 100)
    app = create_app(config_for_tests(f"sqlite:///{file}"))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])

    assert result.exit_code == 1
    told = result.output + caplog.text
    assert "no connection to the database: file is not a database" in told


def test_a_migration_that_fails_changes_nothing(app: Flask, config: Config) -> None:
    with pytest.raises(ZeroDivisionError):
        migrate(config, CREATE_TABLES + "1 / 0")

    assert inspect(db.engine).get_table_names() == []


def test_a_migration_that_is_written_alters_tables_as_sqlite_does(
    app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(config, CREATE_TABLES)
    metadata = MetaData()
    Table("shelves", metadata, Column("id", Integer), Column("height", Integer))
    monkeypatch.setattr(Base, "metadata", metadata)
    command.revision(config, autogenerate=True, rev_id="written")
    (written,) = Path(ScriptDirectory.from_config(config).versions).glob("written*")
    assert "with op.batch_alter_table('shelves'" in written.read_text()
