"""Other versions of the programs that run the template."""

import sys
from pathlib import Path

import pytest

from tests.conftest import run

UV = [sys.executable, "-m", "uv"]


def new_environment(folder: Path, python: str = sys.executable) -> None:
    run(*UV, "venv", "--quiet", "--python", python, ".", folder=folder)


def install(folder: Path, *requirements: str) -> None:
    run(*UV, "pip", "install", "--quiet", "--python", ".", *requirements, folder=folder)


def requirements(project: Path) -> list[str]:
    """Return the options that install what a project needs to run and be tested."""
    own = str(project / "pyproject.toml")
    return ["--requirement", own, "--group", f"{own}:dev"]


def installed(
    requirement: str, factory: pytest.TempPathFactory, python: str = sys.executable
) -> Path:
    """Install a program in an environment of its own, and return its command."""
    folder = factory.mktemp("version")
    new_environment(folder, python)
    install(folder, requirement)
    return folder / "bin" / requirement.partition("=")[0]
