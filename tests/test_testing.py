"""What a project says about tests that its owner writes is so."""

import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import DATABASES
from tests.conftest import Project
from tests.conftest import url_of

# What the page says that strict mypy needs for factory_boy.
MYPY_OPTIONS = ["--untyped-calls-exclude", "factory"]

# Tests that leave something behind, each in its way, between others that see it.
LEAKS = """
import subprocess
import sys

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from my_flask_app.database import db
from my_flask_app.models import Student


def count(app: Flask) -> int | None:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Student))


def add(app: Flask) -> None:
    with app.app_context():
        db.session.add(Student(name="Ada", email="ada@example.org"))
        db.session.commit()


@pytest.mark.parametrize("number", range(2))
def test_session(app: Flask, number: int) -> None:
    assert count(app) == 0
    add(app)
    assert count(app) == 1


@pytest.mark.parametrize("number", range(2))
def test_real_commit(committing_app: Flask, number: int) -> None:
    assert count(committing_app) == 0
    add(committing_app)
    with committing_app.app_context(), db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE more (id INTEGER)"))
        connection.execute(text("DROP TABLE alembic_version"))


@pytest.mark.parametrize("number", range(2))
def test_engine(app: Flask, number: int) -> None:
    assert count(app) == 0
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE more (id INTEGER)"))


def test_nothing_is_there(app: Flask) -> None:
    assert count(app) == 0
"""


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run_tests(project: Project, *options: str) -> CompletedProcess[str]:
    plugins = ("-p", "no:cacheprovider")
    return project.try_python("-m", "pytest", *plugins, *options)


def with_examples(project: Project) -> Project:
    """Return a project with all examples of the page as a module of tests."""
    page = (project.path / "docs/testing.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (project.path / "tests/test_documented.py").write_text("\n\n".join(blocks))
    return project


def test_the_examples_are_clean(bake: Bake, mypy_cache: Path) -> None:
    project = with_examples(bake())
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")
    project.python("-m", "mypy", "--cache-dir", mypy_cache, *MYPY_OPTIONS)


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
def test_the_examples_work_in_any_order(
    request: pytest.FixtureRequest, bake: Bake, database: str, layer: str
) -> None:
    url = url_of(database, request)
    project = with_examples(bake(database_url=url, sqlalchemy_layer=layer))
    for options in (["-p", "randomly"], ["-p", "xdist", "-n2"]):
        result = run_tests(project, *options, "tests/test_documented.py")
        assert result.returncode == 0, result.stdout
        assert "8 passed" in result.stdout


@pytest.mark.parametrize("order", ["no:randomly", "randomly"])
def test_a_test_leaves_nothing_for_the_next_one_or_fails(
    request: pytest.FixtureRequest, bake: Bake, database: str, order: str
) -> None:
    project = bake(database_url=url_of(database, request))
    (project.path / "tests/test_leaks.py").write_text(LEAKS)
    result = run_tests(project, "-p", order, "-rA", "tests/test_leaks.py")
    # Each of the tests over the engine passes, and ends with an error.
    assert "7 passed, 2 errors" in result.stdout
    assert "CREATE TABLE more" in result.stdout
