"""Editors find nothing in a project that ``make lint`` does not, and know its types."""

import json
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake

# Each layer with each way to connect and to serve, but not all of their combinations.
PROJECTS = [
    {},
    {"sqlalchemy_layer": "SQLAlchemy", "greenlet_support": "yes"},
    {"database_url": "postgresql://me:pw@localhost/a", "greenlet_support": "yes"},
    {"database_url": "mysql://me:pw@localhost/a", "sqlalchemy_layer": "SQLAlchemy"},
]

PROBE = """
from sqlalchemy import select

from my_flask_app.database import db
from my_flask_app.models import Student

reveal_type(db.session.get(Student, 1))
reveal_type(db.session.scalars(select(Student.email)).all())
"""


@pytest.mark.parametrize("answers", PROJECTS, ids=str)
def test_pyright_finds_nothing_and_knows_the_types_of_what_is_read(
    bake: Bake, answers: dict[str, str]
) -> None:
    needs.package("basedpyright")
    project = bake(**answers)
    (project.path / "tests/test_probe.py").write_text(PROBE)
    # What editors have by default.
    config = project.path / "pyrightconfig.json"
    config.write_text(json.dumps({"typeCheckingMode": "standard"}))
    output = project.try_python(
        "-m", "basedpyright", "--pythonpath", sys.executable
    ).stdout
    assert "0 errors, 0 warnings" in output, output
    assert 'is "Student | None"' in output
    assert 'is "Sequence[str]"' in output


def test_mypy_checks_one_file_or_folder_as_it_checks_all(
    bake: Bake, mypy_cache: Path
) -> None:
    project = bake()
    for target in ("tests", "tests/database/test_forks.py", "src/my_flask_app/app.py"):
        project.python("-m", "mypy", "--cache-dir", mypy_cache, target)
