"""A project that is broken on purpose fails its own tests, and the scenarios."""

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.breaks import ALL
from tests.breaks import break_project
from tests.breaks import BREAKS
from tests.breaks import FLASK_SQLALCHEMY_BREAKS
from tests.breaks import GREENLET_BREAKS
from tests.breaks import OPERATION_BREAKS
from tests.breaks import POSTGRESQL_BREAKS
from tests.breaks import SCENARIO_BREAKS
from tests.breaks import SERVER_BREAKS
from tests.breaks import SQLALCHEMY_BREAKS
from tests.breaks import SQLITE_BREAKS
from tests.breaks import SQLITE_GREENLET_BREAKS
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project
from tests.conftest import ROOT
from tests.conftest import url_of


def cases() -> list[object]:
    flask_sqlalchemy, sqlalchemy = CHOICES["sqlalchemy_layer"]
    threads, greenlets = "no", "yes"
    return [
        pytest.param(database, layer, serving, name, id=f"{layer}-{name}")
        for database, layer, serving, breaks in [
            ("PostgreSQL", flask_sqlalchemy, threads, BREAKS | FLASK_SQLALCHEMY_BREAKS),
            ("PostgreSQL", sqlalchemy, threads, BREAKS | SQLALCHEMY_BREAKS),
            ("PostgreSQL", sqlalchemy, threads, POSTGRESQL_BREAKS),
            ("PostgreSQL", sqlalchemy, greenlets, GREENLET_BREAKS),
            ("MariaDB", sqlalchemy, threads, SERVER_BREAKS),
            ("SQLite", sqlalchemy, threads, SQLITE_BREAKS),
            ("SQLite", flask_sqlalchemy, threads, OPERATION_BREAKS),
            ("SQLite", sqlalchemy, greenlets, SQLITE_GREENLET_BREAKS),
        ]
        for name in breaks
    ]


Whole = Callable[[str, str, str], Project]


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest, bake: Bake) -> Whole:
    """Return a function that returns a project to copy, with its compiled modules."""

    @functools.cache
    def whole(database: str, layer: str, greenlets: str) -> Project:
        url = url_of(database, request)
        answers = {"sqlalchemy_layer": layer, "greenlet_support": greenlets}
        project = bake(database_url=url, **answers)
        collect = ("-m", "pytest", "--collect-only", "-p", "no:cacheprovider")
        project.python(*collect, PYTHONDONTWRITEBYTECODE="")
        return project

    return whole


# The file of tests that notices, where the docstring of the module names only others.
NOTICED_IN = {
    "a session that outlives its thread": "test_contexts.py",
    "a session that ends while a thread uses it": "test_threads.py",
    "a stream without the session of its view": "test_streams.py",
    "a stream without its session while an error is handled": "test_streams.py",
    "a stream that an error prevents keeps its connection": "test_streams.py",
    "a command's forgotten commit is not noticed": "test_unsaved.py",
    "a connection that died ruins a complete answer": "test_connections.py",
    "initialization calls the teardown functions of others": "test_sessions.py",
    "a second database": "test_settings.py",
    "connections that are left open at exit": "test_request_log.py",
    "a query that goes on for a killed process": "test_failures.py",
    "a password in the query of a URL that is shown": "test_passwords.py",
    "a password that is taken for the host": "test_passwords.py",
    "a lower limit of the server is raised": "test_waiting.py",
    "a socket shared with a child process": "test_sockets.py",
    "no time-out for a server that does not answer": "test_time_out.py",
    "a lost connection that only its code tells of": "test_failures.py",
    "a server that has become read-only is asked again": "test_failures.py",
    "a transaction that is to read is taken for a standby's": "test_failures.py",
    "a node without its cluster is a server like others": "test_failures.py",
    "several hosts without their ports": "test_urls.py",
    "a full disk is the application's fault": "test_failures.py",
    "an error with the class that the driver has for it": "test_failures.py",
    "tables with what the server does by default": "test_texts.py",
    "a statement that is too long is a lost connection": "test_long_statements.py",
    "more patience with locks on rows than the settings say": "test_waiting.py",
    "more patience with locks on tables than the settings say": "test_table_locks.py",
    "a body is received while the lock is held": "test_safe_requests.py",
    "a thread that only reads as its parent writes": "test_connections.py",
    "a patch after the driver": "test_patch.py",
    "a connection for every greenlet": "test_gunicorn.py",
    "a function that nobody misses": "test_hooks.py",
    "a migration that does not say what it waited for": "test_waiting.py",
    "a round trip to look at a connection": "test_sockets.py",
    "a lower limit of waiting is raised": "test_waiting.py",
    "a connection for each thread, and none for a nested context": "test_gunicorn.py",
    "a file for turns that only root can open": "test_files.py",
    "foreign keys while a migration alters tables": "test_sqlite_migrations.py",
    "turns of a link are not those of the file": "test_files.py",
    "a file without a log that can only be read": "test_files.py",
    "migrations of a file that can only be read": "test_files.py",
    "a log that never shrinks": "test_files.py",
    "commits that wait for the disk in any case": "test_files.py",
    "a way to wait for the disk that there is not": "test_files.py",
    "a statement without a transaction that does not wait": "test_connections.py",
    "a migration that leaves rows that refer to none": "test_sqlite_migrations.py",
    "a migration on a connection like any other": "test_sqlite_migrations.py",
}
assert NOTICED_IN.keys() <= ALL.keys()


@pytest.mark.parametrize(("database", "layer", "greenlets", "name"), cases())
def test_the_projects_own_tests_notice(
    request: pytest.FixtureRequest,
    whole: Whole,
    tmp_path: Path,
    database: str,
    layer: str,
    greenlets: str,
    name: str,
) -> None:
    url = url_of(database, request)
    path = whole(database, layer, greenlets).path
    project = Project(shutil.copytree(path, tmp_path / path.name))
    module = break_project(project, name)
    command = ["-m", "pytest", "-x", "-p", "no:cacheprovider", "-W", "default"]
    command += ["--ignore", "tests/test_server.py"]
    # Where that is tested, and everywhere if it is not enough.
    for tests in (files_of(project, module, name), [Path("tests")]):
        result = project.try_python(
            *command, *tests, DATABASE_URL=url, DATABASE_TIMEOUT="2"
        )
        if result.returncode != 0:
            break

    assert result.returncode == 1, result.stdout
    assert " failed" in result.stdout


def files_of(project: Project, module: Path, name: str) -> list[Path]:
    """Return the files of tests for a break, which the docstring of a module names."""
    docstring = ast.get_docstring(ast.parse(module.read_text())) or ""
    names = re.findall(r"test_\w+\.py", NOTICED_IN.get(name, docstring))
    return [path for name in names for path in project.path.rglob(name)]


# What is broken, and the scenario that notices. None notices one part of what two keep;
# a project's own tests do.
SCENARIOS = {
    "no teardown": "no_transaction_stays_open and PostgreSQL and greenlets",
    "close forgotten on error": "no_transaction_stays_open and MariaDB and threads",
    "teardown skipped when another fails": (
        "no_transaction_stays_open and PostgreSQL and greenlets"
    ),
    "thread-local scope": "without_a_patch and SQLite",
    "one module-level session": "requests_at_once and PostgreSQL and threads",
    "no rollback before the error handler": "error_page and PostgreSQL and greenlets",
    "a connection that died ruins a complete answer": (
        "after_its_last_query and PostgreSQL and threads"
    ),
    "no protection against dead connections": "restart and MariaDB and greenlets",
    "threads that use a session at the same time": (
        "own_results and MariaDB and threads"
    ),
    "connections shared with a child process": "pool_of_processes and pymysql",
    "sessions shared with a child process": "command_that_forks and pymysql",
    "connections of another process": "uwsgi and PostgreSQL",
    "connections that keep what a request has changed": (
        "have_changed and PostgreSQL and threads"
    ),
    "a connection that keeps the settings of a request": (
        "have_changed and SQLite and threads"
    ),
    "transactions that begin without a turn to write": "by_two_processes and threads",
    "no patience": "by_two_processes and threads",
    "readers that wait for writers": "long_write and threads",
    "a safe request that wrote is not answered again": "get_that_writes and threads",
    "a backup that takes the place of the file": "no_money and threads",
    "a server that is down is the application's fault": "pages_that_need and MariaDB",
    "a pool that is in use is the application's fault": (
        "connection_in_time and MariaDB"
    ),
    "every error is the application's fault": "pages_that_need and PostgreSQL",
    "no connection for a nested context": "more_of_each_other and MariaDB",
    "more patience than the settings say": "connection_in_time and PostgreSQL",
    "a round trip to look at a connection": "round_trip and MariaDB and threads",
    "a conflict is final": "opposite_order and PostgreSQL and threads",
    "prepared statements behind a pooler": "behind_pgbouncer_50 and threads",
    "no patience with requests when it stops": "is_finished and SQLite and threads",
    "a patch that comes too late": "blocks_nobody and PostgreSQL",
    "a server that has become read-only is asked again": "is_read_only and threads",
    "a node without its cluster is a server like others": "of_a_cluster and threads",
}
assert SCENARIO_BREAKS.keys() <= SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_notices(name: str) -> None:
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n0", "-x", "-p", "no:cacheprovider"),
            *("-p", "tests.breaks", "--break", name, "-k", SCENARIOS[name]),
            "tests/scenarios",
        ],
        cwd=ROOT,
        env={
            variable: value
            for variable, value in os.environ.items()
            if not variable.startswith("PYTEST_")
        }
        | {"DATABASE_TIMEOUT": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode == 0 and "skipped" in result.stdout.splitlines()[-1]:
        needs.skip(result.stdout)

    assert result.returncode == 1, result.stdout
    assert "1 failed" in result.stdout
    assert " error" not in result.stdout.splitlines()[-1]
