"""What tests need that the development requirements do not bring.

A test that needs something that is missing is skipped, with the reason; where the
environment variable ``CI`` is set, it fails. With ``HIDE_OPTIONAL`` set, all of it is
missing, so that a test which forgets to ask here fails on every machine.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

HIDDEN = "HIDE_OPTIONAL" in os.environ


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test if it is not installed.

    :param package: the package of Debian that has it.
    """
    path = shutil.which(name, path="/usr/sbin:" + os.environ["PATH"])
    if path is None or HIDDEN:
        skip(f"{package} is not installed")

    return path


def file(path: str, package: str) -> str:
    """Return the path of a file; skip the test if its package is not installed."""
    if HIDDEN or not os.path.exists(path):
        skip(f"{package} is not installed")

    return path


def package(name: str) -> Path:
    """Return the folder of a Python package; skip the test if it is not installed."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None or HIDDEN:
        skip(f"{name} is not installed")

    return Path(found.origin).parent


def python(version: str) -> None:
    """Skip the test if there is no interpreter of a version."""
    command = [sys.executable, "-m", "uv", "python", "find", "--no-project", version]
    if HIDDEN or subprocess.run(command, capture_output=True).returncode != 0:
        skip(f"Python {version} is not installed")


def python_path() -> str:
    """Return the path of the modules of a generated project, in its folder."""
    return f"src:{Path(__file__).with_name('hidden')}" if HIDDEN else "src"


def skip(reason: str) -> NoReturn:
    if "CI" in os.environ:
        pytest.fail(reason)

    pytest.skip(reason)
