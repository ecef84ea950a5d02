"""What people add to a project on the first day works in it.

``tests/neighbours/`` has a case for each, which runs in a project of each layer on each
database, served by threads or greenlets; what was seen is in docs/neighbours.md.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import DATABASES
from tests.conftest import Project
from tests.conftest import ROOT
from tests.conftest import run
from tests.conftest import url_of
from tests.versions import install
from tests.versions import new_environment
from tests.versions import requirements

FOLDER = Path(__file__).with_name("neighbours")
NAMES = {"checks.py": "conftest.py", "shared.py": "shared.py"}
CASES = {path.stem for path in FOLDER.glob("*.py") if path.name not in NAMES}

# They are about one layer.
ONLY = {
    "flask_security_fsqla": "Flask-SQLAlchemy",
    "flask_security_sqla": "SQLAlchemy",
    "flask_sqlalchemy": "Flask-SQLAlchemy",
}

# Each database with each layer, and with each way to serve, as is each layer.
PAIRS = [
    (database, layer, CHOICES["greenlet_support"][(row + column) % 2])
    for row, database in enumerate(DATABASES)
    for column, layer in enumerate(CHOICES["sqlalchemy_layer"])
]

# One worker installs them all.
pytestmark = pytest.mark.xdist_group("neighbours")

Install = Callable[[Project], Path]


@pytest.fixture(scope="module")
def install_beside(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Return a function that installs a project next to its neighbours."""
    folder = tmp_path_factory.mktemp("neighbours")
    new_environment(folder)
    group = f"{ROOT / 'pyproject.toml'}:neighbours"

    def install_beside(project: Project) -> Path:
        install(folder, *requirements(project.path), "--group", group)
        return folder / "bin" / "python"

    return install_beside


@pytest.mark.parametrize(("database", "layer", "greenlets"), PAIRS)
def test_neighbours_work(
    request: pytest.FixtureRequest,
    bake: Bake,
    install_beside: Install,
    database: str,
    layer: str,
    greenlets: str,
) -> None:
    url = url_of(database, request)
    answers = {"sqlalchemy_layer": layer, "greenlet_support": greenlets}
    project = bake(database_url=url, **answers)
    folder = project.path / "neighbours"
    folder.mkdir()
    for case in CASES:
        if ONLY.get(case, layer) == layer:
            content = (FOLDER / f"{case}.py").read_text()
            (folder / f"test_{case}.py").write_text(content)
    for name, new_name in NAMES.items():
        (folder / new_name).write_text((FOLDER / name).read_text())

    command = ["-m", "pytest", "-p", "no:cacheprovider", "neighbours"]
    # With greenlets, pytest imports a module before it reads `pythonpath`.
    python = install_beside(project)
    output = run(python, *command, folder=project.path, PYTHONPATH="src")
    assert re.search(r"\d+ passed", output)
    assert not re.search(r"skipped|xfailed|deselected", output), output


def test_the_table_has_what_was_tried() -> None:
    text = (ROOT / "docs/neighbours.md").read_text()
    named = re.findall(r"^\| .*\| `(\w+)\.py` \|$", text, re.MULTILINE)
    assert set(named) == CASES
