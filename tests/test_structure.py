"""The template and the projects keep the structure that docs/design.md describes."""

import ast
import re
import statistics
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from template_extension.tree import sources
from tests.conftest import Bake
from tests.conftest import combinations
from tests.conftest import Project
from tests.conftest import ROOT

SOURCES = [ROOT / "templates", ROOT / "{{checked(cookiecutter.project_slug)}}"]
MODULES = [path for folder in SOURCES for path in sorted(folder.rglob("*.py"))]
PYTHON = [path for path in MODULES if path.name != "gunicorn.conf.py"]
URLS = [
    "sqlite:///app.db",
    "postgresql://me:secret@localhost/app",
    "mysql+mysqldb://me@localhost/app",
]

OWNED = 400
MACHINERY = {"sqlite": 4360, "server": 3770}
MODULE = 150
OPERATIONS = {"ops": 675, "ops/doctor": 555}
OPERATION = 100


@pytest.fixture(scope="module", params=["Flask-SQLAlchemy", "SQLAlchemy"])
def layer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=URLS)
def project(request: pytest.FixtureRequest, bake: Bake, layer: str) -> Project:
    return bake(database_url=request.param, sqlalchemy_layer=layer)


def is_machinery(project: Project, path: Path) -> bool:
    return path.is_relative_to(project.package / "database") or path.name in (
        "__main__.py",
        "env_file.py",
        "environment.py",
        "greenlets.py",
        "times.py",
    )


def lines(paths: "list[Path]") -> int:
    return sum(len(path.read_text().splitlines()) for path in paths)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(ROOT).name)
def test_a_module_of_the_template_is_python(path: Path) -> None:
    ast.parse(path.read_text())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).name)
def test_a_module_of_the_template_has_at_most_one_condition(path: Path) -> None:
    allowed = 1 if path.name == "gunicorn.conf.py" else 0
    assert len(re.findall(r"\{%-? *(?:el)?if ", path.read_text())) <= allowed


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "choices", combinations(), ids=lambda it: "-".join(it.values())
)
def test_each_file_that_the_answers_choose_is_in_the_project(
    bake: Bake, url: str, choices: dict[str, str]
) -> None:
    if "mysqldb" in url:
        choices = choices | {"greenlet_support": "no"}

    project = bake(database_url=url, **choices)
    assert set(sources({"database_url": url, **choices})) <= set(project.files())


def test_each_module_of_the_machinery_says_where_it_is_tested(project: Project) -> None:
    for path in sorted((project.package / "database").glob("[!_]*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        names = re.findall(r"test_\w+\.py", docstring.partition("ested in")[2])
        assert names, path
        for name in names:
            assert list((project.path / "tests").rglob(name)), (path, name)


def test_what_is_owned_and_what_is_machinery_are_small(project: Project) -> None:
    modules = sorted(project.package.rglob("*.py"))
    machinery = [path for path in modules if is_machinery(project, path)]
    operations = project.package / "ops"
    ours = [path for path in modules if not path.is_relative_to(operations)]
    assert lines([path for path in ours if path not in machinery]) <= OWNED
    kind = "server" if (project.package / "database/driver.py").exists() else "sqlite"
    assert lines(machinery) <= MACHINERY[kind]
    assert max(lines([path]) for path in modules) <= MODULE


def test_what_has_to_do_with_operation_is_small(project: Project) -> None:
    for folder, most in OPERATIONS.items():
        modules = list((project.package / folder).glob("*.py"))
        assert lines(modules) <= most
        assert max(lines([path]) for path in modules) <= OPERATION


def test_the_median_function_is_short(project: Project) -> None:
    lengths = [
        node.body[-1].end_lineno - node.body[0].lineno + 1
        for path in project.package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.body[-1].end_lineno
    ]
    assert statistics.median(lengths) < 8


def test_imports_have_no_circle_and_none_goes_upwards(project: Project) -> None:
    graph = {
        name: set(imported(project, path))
        for path in project.package.rglob("*.py")
        if (name := module_name(project, path)) != "migrations/env"
    }
    order = list(TopologicalSorter(graph).static_order())
    for number, name in enumerate(order):
        assert graph.get(name, set()) <= set(order[:number])

    layers = design_layers()
    for name, imports in graph.items():
        for other in imports:
            upper, lower = layer_of(name), layer_of(other)
            assert upper == lower or layers[upper] > layers[lower], (name, other)


def module_name(project: Project, path: Path) -> str:
    name = path.relative_to(project.package).with_suffix("").as_posix()
    return name.removesuffix("/__init__")


def imported(project: Project, path: Path) -> Iterator[str]:
    """Yield the modules of the project that a module imports when it is imported."""
    package = path.parent
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = package if node.level == 1 else package.parents[node.level - 2]
            target = folder.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                found = target / f"{alias.name}.py"
                if found.exists():
                    yield module_name(project, found)
                elif (target / alias.name).is_dir():
                    yield module_name(project, target / alias.name / "__init__.py")
                elif target.is_dir():
                    yield module_name(project, target / "__init__.py")
                else:
                    yield module_name(project, target.with_suffix(".py"))


def design_layers() -> dict[str, int]:
    """Return the number of each module's row in docs/design.md, from below."""
    text = (
        (ROOT / "docs/design.md").read_text().partition("## The generated modules")[2]
    )
    rows = text.split("```")[1].strip().splitlines()
    found = {}
    for number, row in enumerate(reversed(rows)):
        for name in re.split(r",\s*| or ", row.strip()):
            found[name.strip().rstrip("/")] = number

    return found


def layer_of(name: str) -> str:
    package = name.partition("/")[0]
    return package if package in ("students", "welcome") else name
