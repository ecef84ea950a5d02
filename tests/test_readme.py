"""The documentation says what is so."""

import json
import re

import pytest

from template_answers import DIALECTS
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
SCENARIOS = (ROOT / "docs/scenarios.md").read_text()
QUESTIONS = json.loads((ROOT / "cookiecutter.json").read_text())


def table_rows(header: str, text: str = README) -> list[list[str]]:
    """Return the cells of the table that begins with ``header``."""
    table = text.partition(header)[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


def test_every_question_is_in_the_table_and_nothing_else() -> None:
    rows = table_rows("| name | default | meaning |")
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert names == [name for name in QUESTIONS if not name.startswith("_")]
    assert set(QUESTIONS["__prompts__"]) == set(names)


@pytest.mark.parametrize("question", CHOICES)
def test_the_first_choice_is_the_default(question: str) -> None:
    assert QUESTIONS[question] == CHOICES[question][0]
    (row,) = [row for row in table_rows("| name | default") if question in row[0]]
    assert row[1] == f"`{CHOICES[question][0]}`"
    assert f"`{CHOICES[question][1]}`" in row[2]


def test_the_drivers_are_those_that_are_accepted() -> None:
    rows = table_rows("| database | drivers")
    written = [row[1].split(", ") for row in rows if row[0] != "SQLite"]
    accepted = [
        list(dialect.drivers)
        for name, dialect in DIALECTS.items()
        if name not in ("sqlite", "mariadb")
    ]
    assert written == accepted


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_knows_what_the_documentation_calls(name: str) -> None:
    makefiles = [ROOT / "Makefile", ROOT / "{{cookiecutter.project_slug}}/Makefile"]
    text = "".join(path.read_text() for path in makefiles)
    targets = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    called = set(re.findall(r"\bmake (\w+)", (ROOT / name).read_text()))
    assert called and called <= targets


@pytest.mark.parametrize("answers", [{}, {"greenlet_support": "yes"}], ids=str)
@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://me:pw@localhost/a"])
def test_a_project_names_the_settings_that_it_reads(
    bake: Bake, url: str, answers: dict[str, str]
) -> None:
    project = bake(database_url=url, **answers)
    files = [*project.package.glob("*.py"), project.path / "gunicorn.conf.py"]
    source = "".join(path.read_text() for path in files)
    calls = r"(?:get|required|number|flag|database_url)\(['\"]([A-Z_]+)['\"]"
    read = {name for name in re.findall(calls, source) if "SQLALCHEMY" not in name}
    readme = (project.path / "README.md").read_text()
    table = readme.partition("| name | default | meaning |")[2].partition("\n\n")[0]
    named = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([A-Z_]+)`", row[:30])
    }
    not_for_sqlite = {"DATABASE_POOL_SIZE"} if url.startswith("sqlite") else set()
    assert named - {"TEST_DATABASE_URL"} == read - not_for_sqlite


@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://me:pw@localhost/a"])
def test_a_project_names_its_modules(bake: Bake, url: str) -> None:
    for greenlets in CHOICES["greenlet_support"]:
        project = bake(database_url=url, greenlet_support=greenlets)
        readme = (project.path / "README.md").read_text()
        listed = readme.partition("## Where things are")[2]
        for path in project.package.iterdir():
            if path.name.strip("_") not in ("init__.py", "static", "templates"):
                assert f"`{path.name}" in listed, path.name


def test_every_scenario_held_in_every_case() -> None:
    rows = table_rows("| claim | SQLite | PostgreSQL | MariaDB |", SCENARIOS)
    tests = (ROOT / "tests/scenarios").glob("test_*.py")
    names = [re.findall(r"def test_(\w+)", path.read_text()) for path in tests]
    assert {row[0] for row in rows} == {
        name.replace("_", " ") for found in names for name in found
    }
    for claim, *cells in rows:
        cases = [cell.split(" of ") for cell in cells if cell]
        assert cases and all(held == number for held, number in cases), claim


def test_the_readme_shows_what_the_scenarios_do() -> None:
    header = "| claim | SQLite | PostgreSQL | MariaDB |"
    shown = table_rows(header)
    assert shown
    assert all(row in table_rows(header, SCENARIOS) for row in shown)
