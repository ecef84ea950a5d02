"""The documentation says what is so."""

import json
import re

import pytest

from template_extension.catalogue import dialects
from template_extension.catalogue import drivers
from template_extension.catalogue import drivers_of
from template_extension.tree import folders
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import DATABASES
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
PYPROJECT = (ROOT / "pyproject.toml").read_text()
SESSIONS = (ROOT / "docs/sessions.md").read_text()
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
    accepted = {
        dialect.folder: drivers_of(dialect)
        for dialect in dialects().values()
        if dialect.folder != "sqlite"
    }
    assert sorted(written) == sorted(accepted.values())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_knows_what_the_documentation_calls(name: str) -> None:
    makefiles = [
        ROOT / "Makefile",
        ROOT / "{{checked(cookiecutter.project_slug)}}/Makefile",
    ]
    text = "".join(path.read_text() for path in makefiles)
    targets = set(re.findall(r"^([\w-]+):", text, re.MULTILINE))
    called = set(re.findall(r"\bmake ([\w-]+)", (ROOT / name).read_text()))
    assert called and called <= targets


@pytest.mark.parametrize("answers", [{}, {"greenlet_support": "yes"}], ids=str)
@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://me:pw@localhost/a"])
def test_a_project_names_the_settings_that_it_reads(
    bake: Bake, url: str, answers: dict[str, str]
) -> None:
    project = bake(database_url=url, **answers)
    files = [*project.package.rglob("*.py"), project.path / "gunicorn.conf.py"]
    source = "".join(path.read_text() for path in files)
    # What the configuration has was read before.
    functions = r"(?:(?<!config\.)get|required|number|flag|database_url)"
    read = set(re.findall(rf"{functions}\(['\"]([A-Z_]+)['\"]", source))
    internal = {"FLASK_RUN_FROM_CLI", "HTTP_X_REQUEST_ID", "PATH_INFO"}
    readme = (project.path / "README.md").read_text()
    table = readme.partition("| name | default | meaning |")[2].partition("\n\n")[0]
    named = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([A-Z_]+)`", row[:30])
    }
    assert named - {"TEST_DATABASE_URL"} == read - internal


@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://me:pw@localhost/a"])
@pytest.mark.parametrize("greenlets", CHOICES["greenlet_support"])
@pytest.mark.parametrize("example", CHOICES["example_app"])
def test_a_project_names_what_is_in_its_package_and_nothing_else(
    bake: Bake, url: str, greenlets: str, example: str
) -> None:
    answers = {"greenlet_support": greenlets, "example_app": example}
    project = bake(database_url=url, **answers)
    readme = (project.path / "README.md").read_text()
    section = readme.partition("## Where things are")[2]
    cells = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`([\w.]+)/?`", cell)}
    there = {path.name for path in project.package.iterdir()}
    assert named == there - {"__init__.py", "__pycache__", "py.typed"}


@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://me:pw@localhost/a"])
def test_the_rules_for_machines_are_few_and_name_what_is_there(
    bake: Bake, url: str
) -> None:
    project = bake(database_url=url)
    rules = (project.path / "AGENTS.md").read_text()
    assert len(rules.splitlines()) <= 30
    source = "".join(path.read_text() for path in project.package.rglob("*.py"))
    for name in ("after_commit", "run_transaction", "utc_now"):
        assert name not in rules or f"def {name}" in source
    for file in re.findall(r"`(\w+(?:/|\.(?:md|py)))`", rules):
        assert (project.package / file).exists() or (project.path / file).exists()


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
@pytest.mark.parametrize("url", ["sqlite:///a.db", "mysql://me:pw@localhost/a"])
def test_the_readme_of_a_project_is_read_in_minutes(
    bake: Bake, url: str, layer: str
) -> None:
    answers = {"greenlet_support": "yes", "sqlalchemy_layer": layer}
    readme = bake(database_url=url, **answers).path / "README.md"
    assert len(readme.read_text().splitlines()) <= 150


def test_the_design_names_the_folders_of_the_template_and_nothing_else() -> None:
    design = (ROOT / "docs/design.md").read_text()
    rows = table_rows("| folder | chosen by | what is there |", design)
    cells = [name for row in rows for name in re.findall(r"`([^`]+)/`", row[0])]
    names = {it.folder for it in dialects().values()} - {"sqlite"}
    named = {
        "driver/<driver>": {f"driver/{name}" for name in drivers()},
        "container/<dialect>": {"container/postgresql", "container/mysql"},
        "database/<dialect>": {f"database/{name}" for name in names},
    }
    listed = {path for name in cells for path in named.get(name, {name})}
    templates = ROOT / "templates"
    there = {path.relative_to(templates).as_posix() for path in templates.glob("*/*")}
    assert listed - {"driver/pysqlite"} == there


def test_the_design_has_the_folders_in_the_order_of_the_code() -> None:
    design = (ROOT / "docs/design.md").read_text()
    rows = table_rows("| folder | chosen by | what is there |", design)
    cells = [name for row in rows for name in re.findall(r"`([^`]+)/`", row[0])]
    answers = {"sqlalchemy_layer": "SQLAlchemy", "example_app": "yes"}
    url = {"database_url": "postgresql://me:secret@localhost/app"}
    chosen = [
        re.sub("psycopg$", "<driver>", re.sub("/postgresql$", "/<dialect>", folder))
        for folder in folders(answers | url | {"greenlet_support": "yes"})
    ]
    assert [name for name in cells if name in chosen] == [
        name for name in chosen if name in cells
    ]


def test_the_design_names_the_modules_of_the_extension_and_nothing_else() -> None:
    design = (ROOT / "docs/design.md").read_text()
    rows = table_rows("| module | what it knows |", design)
    there = [path.name for path in (ROOT / "template_extension").glob("[!_]*.py")]
    assert sorted(row[0].strip("`") for row in rows) == sorted(there)


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


COUNTED = {
    "views that take no care lose updates on a server alone": "",
    "no update is lost in run transaction": "",
    "no update is lost by views that lock what they read": "",
    "no update is lost by views that add in sql": "",
    "an update of a counted version is stored or 409": ", others 409",
}


@pytest.mark.parametrize("text", [README, SESSIONS])
def test_what_is_kept_of_updates_is_what_the_scenarios_counted(text: str) -> None:
    rows = table_rows("| a view that | SQLite | PostgreSQL | MariaDB 10.11 |", text)
    expected = [
        [counted(claim, database, others) for database in DATABASES]
        for claim, others in COUNTED.items()
    ]
    assert [row[1:] for row in rows] == expected


def counted(claim: str, database: str, others: str) -> str:
    """Return what a scenario has counted at least and at most.

    :param others: what is said of those that were not counted.
    """
    section = SCENARIOS.partition(f"\n## {database}\n")[2]
    (figures,) = [
        row[1:] for row in table_rows("| claim |", section) if row[0] == claim
    ]
    numbers = sorted({int(re.findall(r"\d+", figure)[0]) for figure in figures})
    if numbers == [40]:
        return "40 of 40"

    return f"{numbers[0]} to {numbers[-1]} of 40{others}"


def test_the_changelog_begins_with_the_version() -> None:
    version = re.search(r'^version = "(.*)"$', PYPROJECT, re.MULTILINE)
    heading = re.search(r"^## (\S+),.*\n\n### (.*)$", CHANGELOG, re.MULTILINE)
    assert version and heading
    assert heading.groups() == (version[1], "If you have a project")


def test_the_commands_to_update_a_project_exist() -> None:
    text = (ROOT / "docs/updating.md").read_text()
    commands = set(re.findall(r"(?:uvx |`)cruft (\w+)( --[\w-]+)?", text))
    tested = (ROOT / "tests/test_updating.py").read_text()
    for command, option in commands:
        assert f'"{command}"' in tested, command
        assert not option or option.strip() in tested, option
