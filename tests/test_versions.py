"""Projects work with every supported version of Python, SQLAlchemy and Flask."""

import re
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import run
from tests.conftest import url_of
from tests.versions import UV


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
    project = bake(sqlalchemy_layer=layer, greenlet_support="yes")
    install_and_test(project.path, python, resolution)


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
@pytest.mark.parametrize(
    ("database", "driver"), [("PostgreSQL", "pg8000"), ("MariaDB", "pymysql")]
)
def test_a_driver_whose_socket_has_no_public_name_still_has_it(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    driver: str,
    resolution: str,
) -> None:
    url = url_of(database, request).replace("://", f"+{driver}://", 1)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    tests = ["tests/database/test_sockets.py", "tests/database/test_connections.py"]
    install_and_test(bake(database_url=url).path, python, resolution, *tests)


def install_and_test(folder: Path, python: str, resolution: str, *tests: str) -> None:
    """Install a project with other versions than those of this environment.

    :param resolution: how uv chooses versions, or one more requirement.
    """
    run(*UV, "venv", "--quiet", "--python", python, folder=folder)
    install = [*UV, "pip", "install", "--quiet", "--python", ".venv/bin/python"]
    install += ["--editable", ".", "--group", "dev"]
    install.append(resolution if "<" in resolution else f"--resolution={resolution}")
    run(*install, folder=folder)
    # uv compiles nothing, and the tests start Python many times.
    program = folder / ".venv/bin/python"
    compile_modules = {"PYTHONDONTWRITEBYTECODE": ""}
    output = run(program, "-m", "pytest", *tests, folder=folder, **compile_modules)
    assert re.search(r"\d+ passed", output)
