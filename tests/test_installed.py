"""Projects work where only their requirements at run time are installed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import clean_environment
from tests.conftest import url_of
from tests.pages import fetch
from tests.pages import wait_for
from tests.servers import free_port
from tests.servers import wait_until

UV = [sys.executable, "-m", "uv"]
GREENLETS = {"greenlet_support": "yes"}
SQLALCHEMY = {"sqlalchemy_layer": "SQLAlchemy"}


@contextmanager
def running(
    folder: Path, *command: "str | Path", **environment: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run a server in a folder, and yield its URL and process once it answers."""
    port = free_port()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment() | {"PORT": str(port)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url, process)
        yield url, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

        process.communicate()


def run(folder: Path, *command: "str | Path") -> str:
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
    run(project.path, *UV, "venv", "--quiet", ".venv")
    install = [*UV, "pip", "install", "--quiet", "--python", ".venv", "."]
    run(project.path, *install)
    assert not list((project.path / ".venv").rglob("pytest"))

    run(project.path, programs / "flask", "db", "upgrade")
    with running(project.path, programs / "gunicorn") as (url, process):
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
    command = (sys.executable, "-m", "gunicorn", "probe:app")
    settings = {"SECRET_KEY": "set", "WEB_CONCURRENCY": "1", "PYTHONPATH": "src"}
    env = folder / ".env"
    env.write_text("THREADS=3\nSECRET_KEY=ignored")
    with running(folder, *command, **settings) as (url, process):
        assert fetch(url) == "3 set 6"
        env.write_text("THREADS=4")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: fetch(url) == "4 set 8")
        env.write_text("DATABASE_POOL_SIZE=1")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: fetch(url) == "- set 1")
