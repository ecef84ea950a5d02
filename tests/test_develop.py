"""What a project has for those who change it: ``make``, commits and GitHub."""

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pexpect
import pytest
import yaml
from sqlalchemy import make_url

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import clean_environment
from tests.conftest import Project
from tests.conftest import ROOT
from tests.conftest import run
from tests.conftest import url_of
from tests.pages import fetch
from tests.pages import served
from tests.repositories import commit
from tests.repositories import git
from tests.repositories import new_repository
from tests.servers import wait_until
from tests.versions import installed

BIN = Path(sys.executable).parent
GREENLETS = {"greenlet_support": "yes"}
VIEW = '''

@blueprint.get("/boom")
def boom() -> str:
    """Name what sleeps, in an error."""
    import time

    raise RuntimeError(f"{time.sleep.__module__} sleeps")
'''

ENDING_VIEW = '''

@blueprint.get("/end")
def end() -> str:
    """Get the signal that asks a process to end."""
    import os
    import signal

    os.kill(os.getpid(), signal.SIGTERM)
    return "It goes on."
'''

URLS = {
    "SQLite": "sqlite:///my_flask_app.db",
    "PostgreSQL": "postgresql://me:pw@localhost/a",
    "MySQL": "mysql://me:pw@localhost/a",
    "MariaDB": "mariadb://me:pw@localhost/a",
    "SQL Server": "mssql://me:pw@localhost/a",
}


@pytest.fixture
def environment() -> dict[str, str]:
    """Return an environment in which make finds the programs of the tests' own."""
    return clean_environment() | {
        "MAKEFLAGS": f"BIN={BIN}",
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": "src",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


@pytest.fixture
def prepared(bake: Bake, tmp_path: Path) -> Any:
    """Return a function that generates a project for which make installs nothing."""

    def prepared(**answers: str) -> Project:
        path = shutil.copytree(bake(**answers).path, tmp_path / "project")
        return Project(leave_alone(path))

    return prepared


def leave_alone(folder: Path) -> Path:
    """Let make take an environment for complete."""
    (folder / ".venv").mkdir()
    (folder / ".venv/made").write_text(f"{folder.resolve()}\n")
    (folder / ".venv/installed").touch()
    return folder


def fetch_any(url: str) -> str:
    try:
        return fetch(url)
    except HTTPError as error:
        return error.read().decode()


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
@pytest.mark.parametrize(
    ("greenlets", "database", "sleeper"),
    [
        ("no", "SQLite", "time"),
        ("yes", "SQLite", "gevent.hub"),
        ("no", "MariaDB", "time"),
        ("yes", "PostgreSQL", "gevent.hub"),
    ],
)
def test_make_dev_reloads_and_shows_errors_in_the_browser(
    request: pytest.FixtureRequest,
    prepared: Any,
    environment: dict[str, str],
    layer: str,
    greenlets: str,
    database: str,
    sleeper: str,
) -> None:
    project = prepared(
        database_url=url_of(database, request),
        sqlalchemy_layer=layer,
        greenlet_support=greenlets,
    )
    views = project.package / "students/views.py"
    with served(project.path, ["make", "dev"], environment) as (url, process):
        assert "There are no students yet." in fetch(url)
        views.write_text(views.read_text() + VIEW)
        wait_until(lambda: sleeper in fetch_error(f"{url}boom"))
        page = fetch_any(f"{url}boom")
        assert "<title>RuntimeError: " in page
        assert "EVALEX = true" in page
        assert f"{sleeper} sleeps" in page
        os.killpg(process.pid, signal.SIGTERM)
        output = process.communicate(timeout=30)[0]

    assert '"GET / HTTP/1.1' in output
    # That is the line of the request; there is no second one.
    assert " queries in " not in output
    assert "reloading" in output


def fetch_error(url: str) -> str:
    """Return a page that may not be there, or break off, while the server restarts."""
    try:
        return fetch_any(url)
    except (OSError, HTTPException):
        return ""


@pytest.mark.parametrize("answers", [{}, GREENLETS], ids=str)
def test_make_dev_ends_if_sigterm_meets_a_view(
    prepared: Any, environment: dict[str, str], answers: dict[str, str]
) -> None:
    """Python calls a handler in the greenlet that runs, and not in the main one."""
    project = prepared(**answers)
    views = project.package / "students/views.py"
    views.write_text(views.read_text() + ENDING_VIEW)
    with served(project.path, ["make", "dev"], environment) as (url, process):
        fetch_error(f"{url}end")
        process.communicate(timeout=30)


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
def test_make_shell_has_db_and_the_models(
    prepared: Any, environment: dict[str, str], layer: str
) -> None:
    project = prepared(sqlalchemy_layer=layer)
    project.python("-m", "flask", "db", "upgrade")
    shell = pexpect.spawn(
        *("make", ["--silent", "shell"]),
        cwd=str(project.path),
        env=environment | {"TERM": "dumb"},
        encoding="utf-8",
        timeout=240,
    )
    shell.expect(">>> ")
    shell.sendline("print(6 * 7, db.session.query(Student).count())")
    shell.expect("42 0")
    # A terminal that does not wait for a line yet loses the end of input.
    shell.expect(">>> ")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0


def test_make_migration_writes_one_with_any_words(
    prepared: Any, environment: dict[str, str]
) -> None:
    project = prepared()
    project.python("-m", "flask", "db", "upgrade")
    models = project.package / "models.py"
    column = "    nickname: Mapped[str | None] = mapped_column(String(20))\n"
    models.write_text(models.read_text() + column)
    words = 'Add Ada\'s "nickname"; `touch hole`'
    run("make", "migration", f"m={words}", folder=project.path, **environment)
    versions = project.package / "migrations/versions"
    (new,) = [path for path in versions.glob("*.py") if "nickname" in path.name]
    assert words in new.read_text().replace("\\", "")
    assert not (project.path / "hole").exists()


def test_make_migration_asks_for_words(
    prepared: Any, environment: dict[str, str]
) -> None:
    project = prepared()
    with pytest.raises(AssertionError, match='make migration m="what has changed"'):
        run("make", "migration", folder=project.path, **environment)


@pytest.mark.parametrize("answers", [{}, GREENLETS], ids=str)
def test_without_gunicorn_everything_else_works(
    prepared: Any, environment: dict[str, str], tmp_path: Path, answers: dict[str, str]
) -> None:
    """As on Windows, where it can be installed but not imported."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "gunicorn.py").write_text("raise ImportError('there is no fcntl')")
    environment["PYTHONPATH"] = f"{hidden}:src"
    project = prepared(**answers)
    with pytest.raises(AssertionError, match="there is no fcntl"):
        run(sys.executable, "-m", "gunicorn", folder=project.path, **environment)

    run(BIN / "flask", "db", "upgrade", folder=project.path, **environment)
    module = "my_flask_app" if answers else "flask"
    for command in ([BIN / "flask"], [sys.executable, "-m", module]):
        command = ["sh", "-c", '"$@" run --debug --port "$PORT"', "sh", *command]
        with served(project.path, command, environment) as (url, _):
            assert "There are no students yet." in fetch(url)


def test_a_project_that_is_insecure_is_named_by_make_lint(
    prepared: Any, environment: dict[str, str]
) -> None:
    project = prepared()
    (project.package / "weak.py").write_text(
        "def weak(text: str) -> object:\n    return eval(text)\n"
    )
    with pytest.raises(AssertionError, match="S307"):
        run("make", "lint", folder=project.path, **environment)


def workflow(project: Project, name: str) -> dict[str, Any]:
    """Return the only job of a workflow."""
    text = (project.path / f".github/workflows/{name}.yaml").read_text()
    (job,) = yaml.safe_load(text)["jobs"].values()
    assert isinstance(job, dict)
    return job


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("database", URLS)
def test_the_workflow_checks_on_each_supported_python_and_with_the_database(
    bake: Bake, database: str
) -> None:
    project = bake(database_url=URLS[database])
    job = workflow(project, "checks")
    supported = re.findall(r"^for version in (.*); do", CI_RUN, re.MULTILINE)[0]
    assert job["strategy"]["matrix"]["python"] == supported.split()
    assert commands(job) == ["make check"]
    compose = project.path / "compose.yaml"
    if compose.exists():
        developed = yaml.safe_load(compose.read_text())["services"]["database"]
        service = job["services"]["database"]
        assert service["image"] == developed["image"]
        port = make_url(job["env"]["DATABASE_URL"]).get_dialect()
        assert port.name == make_url(URLS[database]).get_dialect().name
        assert developed["ports"][0].endswith(f":{service['ports'][0]}")
    else:
        assert "services" not in job


CI_RUN = (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("name", ["audit", "checks", "template"])
def test_actions_are_pinned_by_their_hash_and_jobs_end(bake: Bake, name: str) -> None:
    job = workflow(bake(), name)
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
    assert job["timeout-minutes"] <= 20


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL", "MariaDB"])
def test_the_workflow_passes_in_a_fresh_clone(
    request: pytest.FixtureRequest,
    bake: Bake,
    environment: dict[str, str],
    tmp_path: Path,
    database: str,
) -> None:
    url = url_of(database, request)
    project = bake(database_url=url)
    origin = shutil.copytree(project.path, tmp_path / "origin")
    git(origin, "init", "--quiet")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    clone = leave_alone(tmp_path / "clone")
    assert not (clone / ".env").exists()
    job = workflow(Project(clone), "checks")
    settings = dict(job["env"])
    if database != "SQLite":
        # The driver of the workflow, and the server of the tests.
        driver = make_url(settings["DATABASE_URL"]).drivername
        mine = make_url(url).set(drivername=driver)
        settings["DATABASE_URL"] = mine.render_as_string(hide_password=False)

    # The whole of them runs in tests/test_newcomer.py.
    few = "tests/test_app.py tests/test_config.py tests/test_server.py"
    environment |= settings | {"PYTEST_ADDOPTS": f"-p xdist {few}"}
    for command in commands(job):
        output = run("bash", "-ec", command, folder=clone, **environment)

    order = ["ruff check", "ruff format --check", "mypy", "pytest -n auto"]
    places = [output.index(f"{word}\n") for word in order]
    assert places == sorted(places)


def test_the_hook_before_a_commit_runs_make_lint(
    prepared: Any,
    environment: dict[str, str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    hook = installed("pre-commit", tmp_path_factory)
    environment["PRE_COMMIT_HOME"] = str(tmp_path / "home")
    folder = prepared().path
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    run(hook, "install", folder=folder, **environment)
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    write = ["git", *identity, "commit", "--quiet", "--message"]
    assert "Passed" in run(*write, "Begin", folder=folder, **environment)
    (folder / "tests/test_wide.py").write_text("def test( )->None: pass\n")
    git(folder, "add", "--all")
    with pytest.raises(AssertionError, match="make lint.*Failed"):
        run(*write, "Break", folder=folder, **environment)


def test_make_lock_decides_which_versions_are_installed(
    bake: Bake, tmp_path: Path
) -> None:
    folder = shutil.copytree(bake().path, tmp_path / "project")
    environment = clean_environment() | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    run("make", "lock", folder=folder, **environment)
    old = ["--upgrade-package", "click==8.1.8"]
    run("uv", "lock", "--quiet", *old, folder=folder, **environment)
    run("make", ".venv/installed", folder=folder, UV_LOCKED="true", **environment)
    version = "import importlib.metadata as m; print(m.version('click'))"
    assert run(folder / ".venv/bin/python", "-c", version, folder=folder) == "8.1.8\n"
    run(folder / ".venv/bin/python", "-m", "pytest", "--version", folder=folder)

    # The workflow refuses a file that does not belong to the requirements.
    pyproject = folder / "pyproject.toml"
    text = pyproject.read_text().replace(
        '"alembic>=1.16', '"click>=8.2",\n"alembic>=1.16'
    )
    pyproject.write_text(text)
    with pytest.raises(AssertionError, match="needs to be updated"):
        run("make", ".venv/installed", folder=folder, UV_LOCKED="true", **environment)


class Advisories(BaseHTTPRequestHandler):
    """Answers as osv.dev does; Werkzeug is the only package that has a flaw."""

    asked: set[str] = set()

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        name = json.loads(self.rfile.read(length))["package"]["name"]
        self.asked.add(name)
        flaw = {
            "id": "PYSEC-2026-1",
            "summary": "A flaw",
            "affected": [
                {"package": {"name": name, "ecosystem": "PyPI"}, "versions": []}
            ],
        }
        answer = {"vulns": [flaw]} if name == "werkzeug" else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


@pytest.mark.parametrize("locked", [False, True])
def test_make_audit_asks_about_all_that_is_served_and_names_a_flaw(
    prepared: Any, environment: dict[str, str], tmp_path: Path, locked: bool
) -> None:
    """The advisories are ours; the service that has them is not asked by a test."""
    project = prepared(database_url="postgresql://me@localhost/a")
    Advisories.asked.clear()
    if locked:
        run("make", "lock", folder=project.path, **environment)

    with advisories() as url:
        environment |= {
            "PIP_AUDIT_VULNERABILITY_SERVICE": "osv",
            "PIP_AUDIT_OSV_URL": url,
            "PIP_AUDIT_PROGRESS_SPINNER": "off",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        environment.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache/uv"))
        (command,) = commands(workflow(project, "audit"))
        with pytest.raises(AssertionError, match=r"werkzeug .*PYSEC-2026-1"):
            run("bash", "-ec", command, folder=project.path, **environment)

    assert {
        "flask",
        "gunicorn",
        "psycopg",
        "sqlalchemy",
        "werkzeug",
    } <= Advisories.asked
    assert not {"pytest", "mypy", "my-flask-app"} & Advisories.asked


GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
"""


def test_the_workflow_for_the_template_opens_a_pull_request_when_it_has_moved(
    bake: Bake, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cruft = installed("cruft", tmp_path_factory)
    template = new_repository(tmp_path / "template")
    made = tmp_path / "made"
    made.mkdir()
    environment = clean_environment() | {"HOME": str(tmp_path)}
    create: list[str | Path] = [cruft, "create", "--no-input", f"file://{template}"]
    run(*create, folder=made, **environment)
    project = Project(made / "my_flask_app")
    git(project.path, "init", "--quiet", "--initial-branch", "main")
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "clone", "--quiet", "--bare", str(project.path), "origin")

    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("gh", GH), ("uvx", f'#!/bin/sh\nshift\nexec {cruft} "$@"\n')):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    job = workflow(project, "template")
    assert job["if"] == "vars.UPDATE_FROM_TEMPLATE == 'yes'"
    log = tmp_path / "log"
    environment |= job["env"] | {
        "GH_LOG": str(log),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }

    def work() -> str:
        """Do what the job does, in a folder of its own, and return the branches."""
        name = f"work-{time.monotonic_ns()}"
        git(tmp_path, "clone", "--quiet", "origin", name)
        for command in commands(job):
            run("bash", "-ec", command, folder=tmp_path / name, **environment)

        return git(tmp_path / "origin", "branch", "--list")

    assert "template" not in work()
    assert not log.exists()

    page = template / "{{checked(cookiecutter.project_slug)}}/docs/testing.md"
    page.write_text(f"{page.read_text()}\nMore.\n")
    commit(template, "More")
    for _ in range(2):
        assert "template" in work()

    origin = tmp_path / "origin"
    assert git(origin, "show", "template:docs/testing.md").endswith("\nMore.\n")
    assert git(origin, "rev-list", "--count", "main..template") == "1\n"
    assert "pr create --head template --fill" in log.read_text()


def test_without_make_there_are_the_same_commands(prepared: Any) -> None:
    """The programs that make runs are in README.md and docs/development.md."""
    for answers in ({}, GREENLETS):
        project = prepared(**answers)
        makefile = (project.path / "Makefile").read_text()
        rules = makefile.partition("run:")[2].partition("check:")[0]
        called = re.findall(
            r"\$\(BIN\)/(.*?)(?: \$\(if.*| -m \"\$\$m\")?$", rules, re.MULTILINE
        )
        readme = (project.path / "README.md").read_text()
        page = (project.path / "docs/development.md").read_text()
        for command in called:
            command = command.replace("python -m pytest -n auto", "pytest")
            assert command in readme, command
            assert f"`{command}" in page, command

        shutil.rmtree(project.path)
