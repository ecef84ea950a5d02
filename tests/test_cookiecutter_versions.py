"""Every Cookiecutter that the README claims generates; older ones are told apart."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import ROOT
from tests.terminals import environment
from tests.versions import installed
from tests.versions import UV

SUPPORTED = ["2.3.0", "2.3.1", "2.4.0", "2.5.0", "2.6.0", "2.7.0", "2.7.1"]
REFUSED = ["2.1.1", "2.2.0", "2.2.3"]


Generate = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def generate(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generate:
    """Return a function that installs a version, and generates a project with it."""

    def generate(
        requirement: str, python: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        command = installed(requirement, tmp_path_factory, python)
        url = "database_url=postgresql://me:hunter2@localhost/shop"
        return subprocess.run(
            [command, "--no-input", ROOT, url, "greenlet_support=Y"],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            encoding="utf-8",
        )

    return generate


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_supported_version_generates_and_says_what_is_next(
    generate: Generate, tmp_path: Path, version: str
) -> None:
    result = generate(f"cookiecutter=={version}")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "make run\n\nThe password is in my_flask_app/.env" in result.stdout
    assert (tmp_path / "my_flask_app/.env").stat().st_mode & 0o777 == 0o600


def test_the_command_to_repeat_names_uvx_where_that_was_used(tmp_path: Path) -> None:
    home = os.environ | environment(tmp_path)
    command = [*UV, "tool", "run", "cookiecutter", "--no-input"]
    options = ["--output-dir", str(tmp_path / "out"), str(ROOT)]
    result = subprocess.run(
        [*command, *options], cwd=tmp_path, env=home, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    last = result.stdout.strip().splitlines()[-1]
    assert last == f"    uvx cookiecutter --no-input {' '.join(options)}"


@pytest.mark.parametrize("version", REFUSED)
def test_an_older_version_is_refused_in_one_line(
    generate: Generate, tmp_path: Path, version: str
) -> None:
    result = generate(f"cookiecutter=={version}")

    assert result.returncode == 1
    assert re.fullmatch(
        r"This is Cookiecutter 2\.[12].*; the template needs 2.3 or later.\n",
        result.stdout,
    )
    assert "Traceback" not in result.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_it_generates_with_every_supported_python(
    generate: Generate, tmp_path: Path, python: str
) -> None:
    needs.python(python)
    result = generate("cookiecutter", python)

    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "my_flask_app/src/my_flask_app/app.py").exists()
