"""Other versions of the programs that run the template."""

import sys
from pathlib import Path

import pytest

from tests.conftest import run

UV = [sys.executable, "-m", "uv"]


def installed(
    requirement: str, factory: pytest.TempPathFactory, python: str = ""
) -> Path:
    """Install a program in an environment of its own, and return its command."""
    folder = factory.mktemp("version")
    options = ["--python", python] if python else ["--python", sys.executable]
    run(*UV, "venv", "--quiet", *options, ".", folder=folder)
    run(*UV, "pip", "install", "--quiet", "--python", ".", requirement, folder=folder)
    return folder / "bin" / requirement.partition("=")[0]
