import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import settings
from pytest_cookies.plugin import Cookies  # type: ignore[import-untyped]
from sqlalchemy import make_url
from sqlalchemy_utils import create_database

from tests import needs
from tests import servers

ROOT = Path(__file__).parents[1]
ASKED = json.loads((ROOT / "cookiecutter.json").read_text())
QUESTIONS = {name for name in ASKED if not name.startswith("_")}
CHOICES: dict[str, list[str]] = ASKED["_choices"]
DATABASES = ["SQLite", "PostgreSQL", "MariaDB"]

# The same examples each time, so that what fails here fails elsewhere.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.load_profile("same")

numbers = itertools.count(1)

Started = TypeVar("Started")

# A combination of choices, by the names of the questions.
Answers = dict[str, str]


def combinations() -> list[Answers]:
    """Return every combination of the choices that the template offers."""
    products = itertools.product(*CHOICES.values())
    return [dict(zip(CHOICES, product, strict=True)) for product in products]


@dataclass
class Project:
    """A generated project, and a way to run what it needs in its folder."""

    path: Path
    slug: str = "my_flask_app"

    @property
    def package(self) -> Path:
        return self.path / "src" / self.slug

    def python(self, *arguments: "str | Path", **environment: str) -> str:
        """Run Python with the tests' own environment, and return what it prints.

        :raises AssertionError: if it fails; the message is what it printed.
        """
        result = self.try_python(*arguments, **environment)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def try_python(
        self, *arguments: "str | Path", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            env=clean_environment()
            | {"PYTHONPATH": needs.python_path(), "PYTEST_ADDOPTS": "-p no:randomly"}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def files(self) -> dict[str, bytes]:
        """Return the contents of all files by their paths."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file()
        }


Bake = Callable[..., Project]


def clean_environment() -> dict[str, str]:
    """Return the environment without what would reach a project's settings."""
    settings = ("DATABASE_URL", "TEST_DATABASE_URL", "SECRET_KEY", "PYTEST_ADDOPTS")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in settings and not name.startswith(("PYTEST_", "COV_"))
    }


def run(*command: "str | Path", folder: Path) -> str:
    """Run a program in a folder, and return what it prints.

    :raises AssertionError: if it fails; the message is what it printed.
    """
    result = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="session")
def bake(cookies_session: Cookies) -> Bake:
    """Return a function that generates a project from the answers it is given."""

    def bake(**answers: str) -> Project:
        result = cookies_session.bake(extra_context=answers)
        if result.exception is not None:
            raise result.exception

        return Project(result.project_path, result.context["project_slug"])

    return bake


@pytest.fixture(scope="session")
def _cookiecutter_config_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Keep pytest-cookies from sharing a configuration between processes."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    config = folder / "config"
    config.write_text(
        json.dumps(
            {
                "cookiecutters_dir": str(folder / "cookiecutters"),
                "replay_dir": str(folder / "replay"),
            }
        )
    )
    return str(config)


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.PostgreSQL]:
    with started(servers.postgresql) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[servers.MariaDB]:
    with started(servers.mariadb) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: servers.PostgreSQL) -> str:
    return postgresql_server.url


@pytest.fixture(scope="session")
def mariadb_url(mariadb_server: servers.MariaDB) -> str:
    return mariadb_server.url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database of each kind in turn."""
    return url_of(request.param, request)


def url_of(database: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of a new database of a kind."""
    if database == "SQLite":
        return "sqlite:///my_flask_app.db"

    url = f"{request.getfixturevalue(f'{database.lower()}_url')}{next(numbers)}"
    driver = {"PostgreSQL": "postgresql+psycopg", "MariaDB": "mariadb+pymysql"}[
        database
    ]
    create_database(make_url(url).set(drivername=driver))
    return url


@contextmanager
def started(
    server: Callable[[Path], AbstractContextManager[Started]],
) -> Iterator[Started]:
    """Run a server in a folder of its own."""
    with TemporaryDirectory(prefix="server-") as folder:
        with server(Path(folder)) as result:
            yield result
