"""``flask doctor`` names what would hurt, and changes nothing."""

import json
import re
import secrets
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from shutil import ignore_patterns
from types import NoneType

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import inspect
from sqlalchemy import Integer
from sqlalchemy import Table
from sqlalchemy import text

import my_flask_app.app
from my_flask_app import env_file
from my_flask_app.database import alembic_commands
from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.ops.doctor import doctor
from my_flask_app.ops.doctor import looking
from my_flask_app.ops.doctor.looking import CHECKS

BRANCH = """
revision = {name!r}
down_revision = {down!r}


def upgrade() -> None: ...
"""

Findings = dict[str, tuple[str, str]]
Examine = Callable[..., Findings]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have all that production needs but a database, and return a folder for files."""
    monkeypatch.setattr(env_file, "project_folder", lambda: tmp_path)
    monkeypatch.setattr(looking, "project_folder", lambda: tmp_path)
    for name in ("ENVIRONMENT", "FLASK_DEBUG", "DATABASE_URL_FILE", "SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setenv("SECRET_KEY", secrets.token_urlsafe())
    return tmp_path


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, migrated_database: str) -> str:
    monkeypatch.setenv("DATABASE_URL", migrated_database)
    return migrated_database


def examined(*arguments: str) -> Findings:
    """Return the status of each check, and what it says."""
    result = CliRunner().invoke(doctor, ["--json", *arguments])
    assert isinstance(result.exception, (SystemExit, NoneType)), result.exception
    found = json.loads(result.stdout)
    assert result.exit_code == any(it["status"] == "wrong" for it in found)
    return {it["check"]: (it["status"], " ".join(it["says"])) for it in found}


def wrong(*arguments: str) -> dict[str, str]:
    """Return what each check says that finds something wrong."""
    found = examined(*arguments).items()
    return {check: says for check, (status, says) in found if status == "wrong"}


def test_a_healthy_project_in_production_has_nothing_to_report(url: str) -> None:
    assert set(examined().values()) == {("ok", "")}


def test_the_table_has_a_row_for_each_check_and_what_it_says(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    for check in CHECKS:
        assert f"  {check.__doc__}\n" in result.output

    below = result.output.partition("wrong    Gunicorn can be started")[2]
    assert "\n           Error: WEB_CONCURRENCY is 'many'; it must be" in below
    assert " ok, 1 wrong, " in result.output.splitlines()[-1]


def test_each_wrong_setting_is_named_and_what_needs_them_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SECRET_KEY", "short")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    found = examined()
    status, says = found["starts"]
    assert status == "wrong"
    for name in ("DATABASE_URL is not set", "SECRET_KEY can be", "FLASK_DEBUG is on"):
        assert name in says

    assert found["reached"] == ("skipped", "The application does not start.")
    assert found["modelled"] == ("skipped", "The application does not start.")
    assert found["private"] == ("ok", "")


def test_an_error_of_the_application_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def create_app() -> Flask:
        raise ImportError("no such module")

    monkeypatch.setattr(my_flask_app.app, "create_app", create_app)
    assert wrong() == {"starts": "create_app() raises ImportError: no such module"}


def test_an_env_that_others_can_read_is_named(folder: Path, url: str) -> None:
    file = folder / ".env"
    file.touch(0o600)
    assert wrong() == {}
    file.chmod(0o644)
    assert wrong()["private"].endswith(f"Run `chmod 600 {file}`.")


def test_settings_that_gunicorn_refuses_are_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PORT", "0")
    assert "PORT is '0'; it must be" in wrong()["serves"]


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    # More than any disk has.
    monkeypatch.setattr(looking, "LEAST", 2**70)
    assert list(wrong()) == ["roomy"]


def test_migrations_that_are_missing_are_named_and_not_run(
    monkeypatch: pytest.MonkeyPatch, unmigrated_app: Flask
) -> None:
    with unmigrated_app.app_context():
        engine = db.engine

    url = engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    engine.connect().close()
    before = inspect(engine).get_table_names()
    found = examined()
    assert re.search(r"lacks (\d+) of \1 migrations, from ", found["applied"][1])
    assert found["modelled"][0] == "skipped"
    assert inspect(engine).get_table_names() == before == []


def test_a_migration_of_another_version_is_named(
    committing_app: Flask, url: str
) -> None:
    with committing_app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'newer'"))
        db.session.commit()

    assert "The database has the migration newer" in wrong()["applied"]


def test_two_migrations_that_are_the_last_are_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path, url: str
) -> None:
    copy = folder / "migrations"
    copytree(alembic_commands.FOLDER, copy, ignore=ignore_patterns("__pycache__"))
    scripts = ScriptDirectory.from_config(alembic_commands.make_config())
    for name in ("one", "two"):
        branch = BRANCH.format(name=name, down=scripts.get_current_head())
        (copy / "versions" / f"{name}.py").write_text(branch)

    monkeypatch.setattr(alembic_commands, "FOLDER", copy)
    found = wrong()
    assert found["joined"] == "one and two are the last. Run `flask db merge heads`."
    assert "The database lacks 2 of " in found["applied"]


@pytest.fixture
def model() -> Iterator[Table]:
    """Return a table that is one of the models, and not in the database."""
    table = Table("shelves", Base.metadata, Column("id", Integer, primary_key=True))
    yield table
    Base.metadata.remove(table)


def test_models_that_differ_from_the_tables_are_named(url: str, model: Table) -> None:
    assert "1 differ: add_table shelves." in wrong()["modelled"]


def test_columns_that_differ_are_named(
    committing_app: Flask, url: str, model: Table
) -> None:
    with committing_app.app_context():
        model.create(db.engine)
        model.append_column(Column("pages", Integer))
        assert "1 differ: add_column shelves.pages." in wrong()["modelled"]
        model.drop(db.engine)


def test_rows_that_no_member_of_an_enum_is_like_are_named(
    committing_app: Flask, url: str, model: Table
) -> None:
    model.append_column(Column("kind", Enum("PROSE", native_enum=False)))
    with committing_app.app_context():
        model.create(db.engine)
        db.session.execute(text("INSERT INTO shelves (id, kind) VALUES (1, 'POEM')"))
        db.session.commit()
        assert "shelves.kind: rows hold 'POEM'" in wrong()["stored"]
        model.drop(db.engine)
