"""Projects work with every supported version of Python, SQLAlchemy and Flask."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import clean_environment

UV = [sys.executable, "-m", "uv"]


def run(*command: "str | Path", folder: Path) -> str:
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


@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
@pytest.mark.parametrize(
    ("python", "resolution"),
    [
        ("3.10", "lowest-direct"),
        ("3.11", "sqlalchemy<2.1"),
        ("3.12", "highest"),
        ("3.13", "highest"),
        ("3.13", "lowest-direct"),
    ],
)
def test_the_projects_tests_pass(
    bake: Bake, layer: str, python: str, resolution: str
) -> None:
    needs.python(python)
    folder = bake(sqlalchemy_layer=layer, greenlet_support="yes").path
    run(*UV, "venv", "--quiet", "--python", python, folder=folder)
    install = [*UV, "pip", "install", "--quiet", "--python", ".venv/bin/python"]
    install += ["--editable", ".", "--group", "dev"]
    if "<" in resolution:
        run(*install, resolution, folder=folder)
    else:
        run(*install, f"--resolution={resolution}", folder=folder)

    output = run(folder / ".venv/bin/python", "-m", "pytest", folder=folder)
    assert re.search(r"\d+ passed", output)
