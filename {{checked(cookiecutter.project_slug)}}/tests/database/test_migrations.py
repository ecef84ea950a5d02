import subprocess
import sys
from pathlib import Path
from shutil import copytree
from shutil import ignore_patterns

import pytest
from alembic.script import ScriptDirectory
from click.testing import Result
from flask import Flask
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table

from my_flask_app.database import alembic_commands
from my_flask_app.database import Base
from my_flask_app.database import db

WITHOUT_ALEMBIC = """
import sys
from my_flask_app.app import create_app

app = create_app({"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": sys.argv[1]})
app.test_client().get("/nowhere")
assert not {"alembic", "mako"} & set(sys.modules)
"""

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "last"
down_revision = {down!r}


def upgrade():
    op.create_table(
        "shelves", sa.Column("id", sa.Integer, primary_key=True), {columns}
    )


def downgrade():
    op.drop_table("shelves")
"""


def flask_db(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["db", *arguments])


def head() -> str:
    scripts = ScriptDirectory.from_config(alembic_commands.make_config())
    return scripts.get_current_head() or "base"


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of migrations that are a copy of the project's."""
    folder = tmp_path / "migrations"
    ignore = ignore_patterns("__pycache__")
    copytree(alembic_commands.FOLDER, folder, ignore=ignore)
    monkeypatch.setattr(alembic_commands, "FOLDER", folder)
    return folder / "versions"


def write(versions: Path, *columns: str) -> None:
    text = MIGRATION.format(down=head(), columns=", ".join(columns))
    (versions / "last.py").write_text(text)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Return a table that is the only one of the models."""
    metadata = MetaData()
    monkeypatch.setattr(Base, "metadata", metadata)
    return Table("shelves", metadata, Column("id", Integer, primary_key=True))


def test_the_migrations_lead_to_the_models_and_back(unmigrated_app: Flask) -> None:
    for command in ("upgrade", "check", "downgrade base", "upgrade", "check"):
        result = flask_db(unmigrated_app, *command.split())
        assert result.exit_code == 0, result.output


def test_an_unknown_revision_is_no_traceback(app: Flask) -> None:
    result = flask_db(app, "upgrade", "nowhere")
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1


def test_a_worker_does_without_alembic(migrated_database: str) -> None:
    command = [sys.executable, "-c", WITHOUT_ALEMBIC, migrated_database]
    subprocess.run(command, check=True)


def test_two_heads_are_named_with_the_remedy(app: Flask, versions: Path) -> None:
    last = head()
    for name in ("one", "two"):
        options = ["--head", last, "--splice", "--rev-id", name]
        result = flask_db(app, "revision", "-m", "branch", *options)
        assert result.exit_code == 0, result.output

    result = flask_db(app, "upgrade")
    assert result.exit_code == 1
    assert "one_branch.py, two_branch.py. `flask db merge heads`" in result.output
    assert flask_db(app, "merge", "heads").exit_code == 0
    assert flask_db(app, "heads").output.count("(head)") == 1


def test_a_table_that_no_migration_has_created_is_left_alone(app: Flask) -> None:
    jobs = Table("jobs_of_others", MetaData(), Column("id", Integer, primary_key=True))
    with app.app_context():
        jobs.create(db.engine)
        try:
            result = flask_db(app, "check")
        finally:
            jobs.drop(db.engine)

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("default", [None, "1", "2"])
def test_a_default_that_has_changed_is_noticed(
    unmigrated_app: Flask, versions: Path, model: Table, default: str | None
) -> None:
    model.append_column(Column("size", Integer, server_default=default))
    write(versions, 'sa.Column("size", sa.Integer, server_default="1")')
    assert flask_db(unmigrated_app, "upgrade").exit_code == 0
    result = flask_db(unmigrated_app, "check")
    assert ("modify_default" in result.output) is (default != "1"), result.output


def test_a_table_whose_model_is_gone_is_noticed(
    unmigrated_app: Flask, versions: Path, model: Table
) -> None:
    model.metadata.remove(model)
    write(versions)
    assert flask_db(unmigrated_app, "upgrade").exit_code == 0
    assert (
        "('remove_table', Table('shelves'" in flask_db(unmigrated_app, "check").output
    )


def test_what_a_running_version_cannot_live_with_is_named(
    app: Flask, versions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(versions)
    path = versions / "last.py"
    path.write_text(path.read_text().replace("op.create_table", "op.drop_table"))
    result = flask_db(app, "check")
    assert result.exit_code == 1
    assert "Target database is not up to date" in result.output
    assert "last.py, line 10: op.drop_table('shelves'," in caplog.text


def test_a_migration_that_is_written_says_what_to_read(
    unmigrated_app: Flask,
    versions: Path,
    model: Table,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write(versions)
    assert flask_db(unmigrated_app, "upgrade").exit_code == 0
    model.append_column(Column("label", String(20), nullable=False))
    result = flask_db(unmigrated_app, "migrate", "-m", "Label shelves")
    assert result.exit_code == 0, result.output
    assert "shelves.label is NOT NULL without a server_default" in caplog.text
    (written,) = versions.glob("*_label_shelves.py")
    assert written.read_text().count('"label"') == 2
    written.unlink()
