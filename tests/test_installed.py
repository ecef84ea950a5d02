"""Projects work where only their requirements at run time are installed."""

import signal
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import clean_environment
from tests.conftest import run
from tests.conftest import url_of
from tests.pages import fetch
from tests.pages import served
from tests.servers import wait_until
from tests.versions import UV

GREENLETS = {"greenlet_support": "yes"}
SQLALCHEMY = {"sqlalchemy_layer": "SQLAlchemy"}


@pytest.mark.parametrize(
    ("database", "driver", "answers"),
    [
        ("SQLite", "", {}),
        ("SQLite", "", GREENLETS | SQLALCHEMY | {"example_app": "no"}),
        ("PostgreSQL", "psycopg", GREENLETS),
        ("PostgreSQL", "psycopg2", GREENLETS | SQLALCHEMY),
        ("PostgreSQL", "pg8000", {"example_app": "no"}),
        ("MariaDB", "pymysql", GREENLETS | SQLALCHEMY),
        ("MariaDB", "mysqlconnector", {}),
        ("MariaDB", "mysqldb", SQLALCHEMY),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value,
)
def test_an_installed_project_migrates_serves_and_stops(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    driver: str,
    answers: dict[str, str],
) -> None:
    if driver == "mysqldb":
        needs.package("MySQLdb")

    url = url_of(database, request)
    if driver:
        url = url.replace("://", f"+{driver}://", 1)

    project = bake(database_url=url, **answers)
    programs = project.path / ".venv" / "bin"
    run(*UV, "venv", "--quiet", ".venv", folder=project.path)
    install = [*UV, "pip", "install", "--quiet", "--python", ".venv", "."]
    run(*install, folder=project.path)
    assert not list((project.path / ".venv").rglob("pytest"))

    run(programs / "flask", "db", "upgrade", folder=project.path)
    # It is found in the metadata of the package.
    doctor = (programs / "flask", "doctor")
    healthy = run(*doctor, folder=project.path, ENVIRONMENT="production")
    assert healthy.endswith(" ok, 0 wrong, 0 skipped\n")
    with pytest.raises(AssertionError, match="wrong    The application starts"):
        run(*doctor, folder=project.path, DATABASE_URL="http://nowhere")

    command = [programs / "gunicorn"]
    with served(project.path, command, clean_environment()) as (url, process):
        assert "<h1>" in fetch(url)
        process.terminate()
        output = process.communicate(timeout=30)[0]
        assert process.returncode == 0, output

    if database == "SQLite":
        (file,) = project.path.rglob("*.db")
        assert file == project.path / "instance" / "my_flask_app.db"


PROBE = """
import os


def app(environ, start_response):
    start_response("200 OK", [])
    names = ("THREADS", "SECRET_KEY", "DATABASE_POOL_SIZE")
    return [" ".join(os.environ.get(name, "-") for name in names).encode()]
"""


def test_an_edited_env_is_read_when_gunicorn_reloads(bake: Bake) -> None:
    folder = bake(database_url="postgresql://me@localhost/app").path
    (folder / "probe.py").write_text(PROBE)
    command = [str(Path(sys.executable).with_name("gunicorn")), "probe:app"]
    settings = {"SECRET_KEY": "set", "WEB_CONCURRENCY": "1", "PYTHONPATH": "src"}
    environment = clean_environment() | settings
    env = folder / ".env"
    env.write_text("THREADS=3\nSECRET_KEY=ignored")
    with served(folder, command, environment) as (url, process):
        assert fetch(url) == "3 set 6"
        env.write_text("THREADS=4")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: fetch(url) == "4 set 8")
        env.write_text("DATABASE_POOL_SIZE=1")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: fetch(url) == "- set 1")
        env.write_text("THREADS=5")
        process.send_signal(signal.SIGUSR2)
        wait_until(lambda: fetch(url) == "5 set 10")
