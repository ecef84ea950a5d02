"""The steps of the Dockerfile, and what Compose starts, as there is no engine here.

In place of the image's Python is that of this machine, and the folders of the image are
in one below ``/tmp``. Everything else is as it stands in the files.
"""

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Bake
from tests.conftest import Project
from tests.conftest import run
from tests.conftest import url_of
from tests.needs import package
from tests.pages import fetch
from tests.pages import wait_for
from tests.servers import free_port
from tests.versions import UV

BIN = Path(sys.executable).parent
GREENLETS = {"greenlet_support": "yes"}
SQLALCHEMY = {"sqlalchemy_layer": "SQLAlchemy"}
LOCAL = "://app:secret@localhost/app"


class Image:
    """What the instructions of a Dockerfile make, in a folder."""

    def __init__(self, project: Project, root: Path) -> None:
        self.project = project
        self.root = root
        python = root / "python"
        subprocess.run(["/usr/bin/python3", "-m", "venv", python], check=True)
        self.path = f"{python / 'bin'}:/usr/bin:/bin"
        self.instructions: dict[str, Callable[[str], None]] = {
            "CMD": lambda text: setattr(self, "command", json.loads(text)),
            "COPY": self.copy,
            "ENV": self.setenv,
            "EXPOSE": lambda text: None,
            "FROM": self.begin,
            "HEALTHCHECK": self.check,
            "RUN": self.run,
            "USER": lambda text: setattr(self, "user", text.partition(":")[0]),
            "WORKDIR": self.go_to,
        }
        self.command: list[str] = []
        self.probe: list[str] = []
        self.user = "0"

    def build(self) -> None:
        text = (self.project.path / "Dockerfile").read_text().replace("\\\n", "")
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, rest = line.partition(" ")
                self.instructions[name](self.here(rest.strip()))

    def here(self, text: str) -> str:
        return re.sub(r"(?<!\w)/(?=(srv|build|run)\b)", f"{self.root}/", text)

    def begin(self, _: str) -> None:
        # Of the stage before, only what is copied is left.
        shutil.rmtree(self.root / "build", ignore_errors=True)
        self.settings = {"PATH": self.path}
        self.folder = self.root

    def go_to(self, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)

    def run(self, text: str) -> None:
        command = ["/bin/sh", "-c", text]
        environment = os.environ | self.settings
        subprocess.run(command, cwd=self.folder, env=environment, check=True)

    def copy(self, text: str) -> None:
        *sources, target = text.split()
        if sources[0] == "--from=build":
            # It is in the same folder.
            assert sources[1:] == [target]
            return

        kept = (self.project.path / ".dockerignore").read_text().splitlines()
        for source in sources:
            assert kept[1] == "*" and f"!{source.rstrip('*')}" in kept
            for path in self.project.path.glob(source):
                copy = shutil.copytree if path.is_dir() else shutil.copy
                copy(path, self.folder / target)

    def setenv(self, text: str) -> None:
        for setting in shlex.split(text):
            name, _, value = setting.partition("=")
            self.settings[name] = value.replace("$PATH", self.settings["PATH"])

    def check(self, text: str) -> None:
        self.probe = json.loads(text.partition("CMD")[2])

    def start(
        self, command: list[str], settings: dict[str, str]
    ) -> "subprocess.Popen[str]":
        """Start a program as the user of the image, who has no home."""
        become = ["setpriv", "--no-new-privs", "--clear-groups"]
        become += [f"--reuid={self.user}", f"--regid={self.user}"]
        return subprocess.Popen(
            [*become, *command],
            cwd=self.folder,
            env=self.settings | {"HOST": "127.0.0.1"} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ends_well(self, command: list[str], settings: dict[str, str]) -> bool:
        process = self.start(command, settings)
        output = process.communicate(timeout=60)[0]
        print(output)
        return process.returncode == 0

    def files(self) -> set[Path]:
        """Return all but the data."""
        data = self.root / "srv" / "data"
        return {path for path in self.root.rglob("*") if data not in path.parents}

    def settings_of(self, service: dict[str, Any]) -> dict[str, str]:
        """Return what Compose sets, with the defaults of its variables."""
        return {
            name: self.here(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value))
            for name, value in service["environment"].items()
        }


@pytest.fixture
def root() -> Iterator[Path]:
    """Return a folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="image-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def write_secrets(image: Image, compose: dict[str, Any], url: str) -> None:
    texts = {"database_url": url, "secret_key": secrets.token_urlsafe()}
    folder = image.root / "run" / "secrets"
    folder.mkdir(parents=True)
    for name in compose["secrets"]:
        (folder / name).write_text(f"{texts[name]}\n")


@contextmanager
def serving(image: Image, settings: dict[str, str]) -> Iterator[str]:
    """Serve the application, and yield the URL of its first page."""
    process = image.start(image.command, settings)
    try:
        url = f"http://127.0.0.1:{settings['PORT']}/"
        wait_for(url, process, 60)
        yield url
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("database", "answers", "is_locked"),
    [
        ("SQLite", {}, False),
        ("PostgreSQL", GREENLETS | SQLALCHEMY, True),
        ("MariaDB", SQLALCHEMY | {"example_app": "no"}, False),
    ],
)
def test_the_image_migrates_serves_is_healthy_and_stops_in_a_tree_it_cannot_write(
    request: pytest.FixtureRequest,
    bake: Bake,
    root: Path,
    database: str,
    answers: dict[str, str],
    is_locked: bool,
) -> None:
    package("uv")
    url = url_of(database, request)
    project = bake(database_url=url, **answers)
    if is_locked:
        run(*UV, "lock", "--quiet", folder=project.path)

    image = Image(project, root)
    image.build()
    compose = yaml.safe_load((project.path / "compose.production.yaml").read_text())
    compose["secrets"].pop("database_password", None)
    write_secrets(image, compose, url)
    built = image.files()

    services = compose["services"]
    settings = image.settings_of(services["migrations"])
    assert image.ends_well(services["migrations"]["command"], settings)
    settings = image.settings_of(services["web"]) | {"PORT": str(free_port())}
    with serving(image, settings) as page:
        assert "<h1>" in fetch(page)
        assert fetch(f"{page}readyz") == "ok\n"
        assert image.ends_well(image.probe, settings)

    assert not image.ends_well(image.probe, settings)
    assert image.files() == built


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_image_has_what_is_served_compiled_and_no_tools(
    bake: Bake, root: Path
) -> None:
    package("uv")
    project = bake()
    (project.path / ".env").write_text("SECRET_KEY=not-for-the-image")
    Image(project, root).build()
    venv = root / "srv" / "venv"
    programs = {path.name for path in (venv / "bin").iterdir()}
    assert "gunicorn" in programs
    assert not programs & {"pip", "uv", "pytest", "ruff", "mypy"}
    assert {path.name for path in (root / "srv").iterdir()} == {"app", "data", "venv"}
    assert os.listdir(root / "srv" / "app") == ["gunicorn.conf.py"]

    [installed] = venv.rglob("my_flask_app/app.py")
    for module in installed.parent.rglob("*.py"):
        compiled = module.parent.glob(f"__pycache__/{module.stem}.*.pyc")
        assert any(compiled), module


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///app.db",
        f"postgresql{LOCAL}",
        f"mariadb{LOCAL}",
        "mysql+mysqldb://root:secret@localhost/app",
        "mysql+mysqldb://me:secret@db.example.org/app",
        "mssql+pyodbc://me:secret@db.example.org/app?driver=x",
    ],
)
def test_linters_of_containers_find_nothing(bake: Bake, url: str) -> None:
    folder = bake(database_url=url).path
    # Debian and PyPI go on without the version that one would name.
    unpinned = ("--ignore", "DL3008", "--ignore", "DL3013")
    run(BIN / "hadolint", *unpinned, "Dockerfile", folder=folder)
    found = run(BIN / "compose-lint", "compose.production.yaml", folder=folder)
    assert "✓ PASS" in found


def test_compose_starts_the_application_after_its_database_and_migrations(
    bake: Bake,
) -> None:
    file = bake(database_url=f"postgresql{LOCAL}").path / "compose.production.yaml"
    compose = yaml.safe_load(file.read_text())
    services = compose["services"]
    healthy, done = "service_healthy", "service_completed_successfully"
    assert services["web"]["depends_on"] == {"migrations": {"condition": done}}
    needed = services["migrations"]["depends_on"]
    assert needed == {"database": {"condition": healthy}}
    for name in ("web", "migrations"):
        assert services[name]["read_only"] is True
        assert set(services[name]["secrets"]) == {"database_url", "secret_key"}
