"""Bad answers end a run of Cookiecutter in one line; good ones reach the project."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dotenv import dotenv_values
from sqlalchemy import make_url

from tests.conftest import ROOT

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cookiecutter(tmp_path: Path) -> Command:
    """Run the real command in an empty home; what is left is under ``tmp_path``."""

    def run(*answers: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cookiecutter", "--no-input", ROOT, *answers],
            cwd=tmp_path,
            env=os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
        )

    return run


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        (
            ["greenlet_support=maybe"],
            "greenlet_support is 'maybe'; it must be 'no' or 'yes'.",
        ),
        (
            ["project_slug=flask"],
            "project_slug is 'flask', which is taken by Python or by a package that"
            " the project needs; use another, such as 'flask_app'.",
        ),
        (
            ["database_url=postgresql://me:hunter2@localhost"],
            "database_url is 'postgresql://me:***@localhost'; accepted is a URL that"
            " names a database, as in 'postgresql://user:password@localhost/app'.",
        ),
        (
            ["project_name=two\nlines 🦆"],
            "project_name is 'two\\nlines 🦆'; it must be one line without control"
            " characters.",
        ),
    ],
)
def test_a_bad_answer_ends_in_one_line_and_leaves_nothing(
    cookiecutter: Command, tmp_path: Path, answers: list[str], line: str
) -> None:
    result = cookiecutter(*answers)

    assert (result.returncode, result.stdout, result.stderr) == (1, f"{line}\n", "")
    assert list(tmp_path.rglob("*")) == []


def test_good_answers_reach_the_project(cookiecutter: Command, tmp_path: Path) -> None:
    url = 'postgresql://me:it\'s "$HOME" #1 \\o/ 100%@[::1]/shop'

    result = cookiecutter("project_name=Ünï 🦆", f"database_url={url}")

    assert result.returncode == 0, result.stdout + result.stderr
    written = dotenv_values(tmp_path / "uni" / ".env")["DATABASE_URL"] or ""
    expected = make_url(url).set(drivername="postgresql+psycopg")
    assert make_url(written) == expected
