"""Every combination of answers gives a project that is right by its own measure."""

import re
import sys
from pathlib import Path

import pytest
import yaml
from pytest import FixtureRequest

from tests.conftest import Bake
from tests.conftest import combinations
from tests.conftest import DATABASES
from tests.conftest import Project
from tests.conftest import ROOT
from tests.conftest import url_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


# The one page of this repository that projects lead to.
SCALING = (
    "https://github.com/cookiecutter-flask-sqlalchemy/cookiecutter-flask-sqlalchemy"
    "/blob/main/docs/scaling.md"
)

# How tests are run, each way with a part of the combinations.
SHUFFLED = ("-p", "randomly", "--randomly-seed")
ORDERS = [
    [*SHUFFLED, "2", "-p", "xdist", "-n2"],
    [],
    [*SHUFFLED, "1"],
    [*SHUFFLED, "3", "--import-mode=importlib"],
]


def every_combination() -> list[object]:
    return [
        pytest.param(
            (database, answers),
            id="-".join([database, *answers.values()]),
            marks=pytest.mark.xdist_group("-".join([database, *answers.values()])),
        )
        for database in DATABASES
        for answers in combinations()
    ]


@pytest.fixture(scope="module", params=every_combination())
def project(request: FixtureRequest, bake: Bake) -> Project:
    database, answers = request.param
    return bake(database_url=url_of(database, request), **answers)


def test_no_syntax_of_the_template_is_left(project: Project) -> None:
    page = (project.path / "docs/production.md").read_text()
    assert SCALING in page
    assert (ROOT / SCALING.partition("/blob/main/")[2]).exists()
    for name, content in project.files().items():
        text = content.decode().replace(SCALING, "")
        assert "cookiecutter" not in text, name
        if not name.endswith(".html"):
            # Those after a dollar sign are of GitHub's workflows.
            assert not re.search(r"\{%|(?<!\$)\{\{|%\}", text), name


def test_every_file_ends_in_one_newline_and_no_line_in_a_space(
    project: Project,
) -> None:
    for name, content in project.files().items():
        text = content.decode()
        assert not text or re.search(r"[^\n]\n\Z", text), name
        assert not re.search(r"[ \t]\n", text), name
        assert "\n\n\n\n" not in text, name
        if not name.endswith((".py", ".mako")):
            prose = re.sub(r"^```python\n.*?^```$", "code", text, flags=re.M | re.S)
            assert "\n\n\n" not in prose, name


def test_toml_and_yaml_are_valid(project: Project) -> None:
    for name, content in project.files().items():
        if name.endswith(".toml"):
            assert tomllib.loads(content.decode())["project"]["name"] == project.slug
        elif name.endswith((".yaml", ".yml")):
            known = {"jobs", "repos", "services", "updates"}
            assert known & yaml.safe_load(content).keys()


def test_ruff_finds_nothing(project: Project) -> None:
    project.python("-m", "ruff", "check", "--no-cache")


def test_ruff_would_format_nothing(project: Project) -> None:
    project.python("-m", "ruff", "format", "--no-cache", "--diff")


def test_mypy_finds_nothing(project: Project, mypy_cache: Path) -> None:
    project.python("-m", "mypy", "--cache-dir", mypy_cache)


def test_its_own_tests_pass_in_some_order(
    request: FixtureRequest, project: Project
) -> None:
    database, answers = request.node.callspec.params["project"]
    number = combinations().index(answers) + DATABASES.index(database)
    order = ORDERS[number % len(ORDERS)]
    # What is first in the output of a failure is what failed.
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", *order]
    output = project.python("-m", "pytest", *options)
    assert re.search(r"\d+ passed", output)
    assert not re.search(r"skipped|xfailed|deselected", output), output


@pytest.mark.parametrize("slug", ["a1", "a" * 30])
@pytest.mark.parametrize(
    "answers", combinations(), ids=lambda it: "-".join(it.values())
)
@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql://u:p@localhost/a"])
def test_a_slug_of_any_length_is_formatted_well(
    bake: Bake, url: str, answers: dict[str, str], slug: str
) -> None:
    project = bake(database_url=url, project_slug=slug, **answers)
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")


def test_a_project_may_be_named_after_somebody_in_its_tests(bake: Bake) -> None:
    project = bake(project_name='Zoe & Ada\'s "Fine" 🦆 Shop', project_slug="shop")
    project.python("-m", "pytest", "-p", "no:cacheprovider", "tests/test_students.py")
