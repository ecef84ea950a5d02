"""What the READMEs tell a newcomer to do works on a machine with Python and make."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import clean_environment
from tests.conftest import ROOT
from tests.conftest import run
from tests.conftest import url_of
from tests.pages import fetch
from tests.pages import served

PROGRAMS = ["awk", "cat", "make", "mktemp", "rm", "sh", "touch"]


@pytest.fixture(params=["uv", "pip"])
def bare_machine(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return an environment with little more than Python and make, and perhaps uv."""
    found = {name: shutil.which(name) for name in PROGRAMS}
    found["python3"] = os.path.realpath(sys.executable)
    if request.param == "uv":
        found["uv"] = find_uv_bin()

    programs = tmp_path / "programs"
    programs.mkdir()
    for name, path in found.items():
        assert path, f"{name} is needed to run this test"
        (programs / name).symlink_to(path)

    home = tmp_path / "home"
    home.mkdir()
    # An active virtual environment that has nothing to do with this.
    return clean_environment() | {
        "PATH": str(programs),
        "HOME": str(home),
        "VIRTUAL_ENV": str(tmp_path / "other"),
    }


def test_make_demo_serves_the_default_project(
    bare_machine: dict[str, str], tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".venv", ".*cache"))
    with served(clone, ["make", "demo"], bare_machine) as (url, _):
        assert "There are no students yet." in fetch(url)


@pytest.mark.parametrize(
    ("database", "answers"),
    [
        ("SQLite", {}),
        (
            "PostgreSQL",
            {"sqlalchemy_layer": "SQLAlchemy", "greenlet_support": "yes"},
        ),
        ("MariaDB", {"example_app": "no"}),
    ],
)
def test_make_runs_and_tests_a_project(
    request: pytest.FixtureRequest,
    bake: Bake,
    bare_machine: dict[str, str],
    tmp_path: Path,
    database: str,
    answers: dict[str, str],
) -> None:
    project = bake(database_url=url_of(database, request), **answers)
    folder = shutil.copytree(project.path, tmp_path / "project")
    with served(folder, ["make", "run"], bare_machine) as (url, _):
        assert "<h1>" in fetch(url)

    for target in ("test", "lint"):
        result = subprocess.run(
            ["make", target],
            cwd=folder,
            env=bare_machine,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, result.stdout


def test_a_copy_and_a_folder_that_moved_get_environments_of_their_own(
    bake: Bake, bare_machine: dict[str, str], tmp_path: Path
) -> None:
    original = tmp_path / "the original"
    copy = tmp_path / "the copy"
    moved = tmp_path / "moved"
    shutil.copytree(bake().path, original)

    def is_new_after_make(folder: Path) -> bool:
        """Have make set the environment up, use it, and tell whether it is new."""
        made = folder / ".venv/made"
        before = made.stat().st_ino if made.exists() else None
        command = ["make", "--silent", ".venv/installed"]
        subprocess.run(command, cwd=folder, env=bare_machine, check=True)
        run(folder / ".venv/bin/flask", "db", "upgrade", folder=folder)
        return made.stat().st_ino != before

    assert is_new_after_make(original)
    assert not is_new_after_make(original)
    shutil.copytree(original, copy, symlinks=True)
    shutil.rmtree(original / "instance")
    shutil.rmtree(copy / "instance")
    assert is_new_after_make(copy)
    assert (copy / "instance").exists()
    assert not (original / "instance").exists()
    original.rename(moved)
    assert is_new_after_make(moved)
    assert not is_new_after_make(copy)


@pytest.mark.parametrize("email", ["", '"x y"@example.org'])
def test_a_project_is_built_with_any_name_of_its_author(
    bake: Bake, tmp_path: Path, email: str
) -> None:
    for name in ["Müller, Jörg", 'O\'Neil "Ned" <n@x>', " "]:
        project = bake(author_name=name, author_email=email)
        project.python("-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)


def test_a_script_opens_sessions_without_an_application(bake: Bake) -> None:
    project = bake(sqlalchemy_layer="SQLAlchemy")
    project.python("-m", "flask", "db", "upgrade")
    readme = (project.path / "README.md").read_text()
    script = re.search("```python\n(.*?)```", readme, re.DOTALL)
    assert script
    project.python("-c", script[1])


def test_the_models_are_importable_without_flask(bake: Bake, tmp_path: Path) -> None:
    (tmp_path / "flask.py").write_text("raise ImportError('there is no Flask here')")
    for layer in CHOICES["sqlalchemy_layer"]:
        bake(sqlalchemy_layer=layer).python(
            *("-c", "import my_flask_app.models"), PYTHONPATH=f"{tmp_path}:src"
        )
