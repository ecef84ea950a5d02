"""The dialects and drivers that the template knows.

Each has one module in ``templates/``: that of the generated project, below a comment
with what only the template needs to know of it, in YAML::

    # /// template
    # requirement: pg8000>=1.31,<2
    # ///

:class:`Dialect` and :class:`Driver` say what may stand there.
"""

import ast
import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).parents[1] / "templates"
MODULES = "src/my_flask_app/database"
# PyYAML has a fast loader where it was built with LibYAML, as its wheels are.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HEADER = re.compile(r"# /// template\n((?:#.*\n)*?)# ///\n")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What the template needs to know of a kind of database."""

    folder: str
    """The folder in ``templates/database/``."""

    names: Mapping[str, str]
    """What a URL may begin with, and the name that SQLAlchemy has for it."""

    title: str
    """Its name for people."""

    driver: str
    """The driver of a URL that names none."""

    port: int | None = None
    """The port of a URL that names none."""

    requirement: str = ""
    """What SQLAlchemy needs for it, besides a driver."""

    encoding: str = "utf8"
    """What it calls the encoding that holds all text."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Container images of a server for development, by SQLAlchemy's name."""

    sql: Mapping[str, str] = field(default_factory=dict)
    """Statements that the tests of a project execute."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """What the template needs to know of a driver."""

    name: str
    """The folder in ``templates/driver/``, and SQLAlchemy's name."""

    dialects: Sequence[str]
    """The folders of the dialects that it is for."""

    requirement: str = ""
    """What is to be installed, with its bounds."""

    socket: bool = False
    """Whether the tests can look at the socket of a connection."""

    pooler: bool = False
    """Whether it has to be told that there is a pooler before the server."""

    imports: str = ""
    """The module that must not be imported before gevent's patch."""

    greenlet_requirement: str = ""
    """What is to be installed besides, where greenlets serve."""

    untyped: str = ""
    """The modules of that requirement, if mypy finds no types in it."""

    blocking: str = ""
    """What to do instead, if it blocks all greenlets while it waits."""

    unblocked_by: str = ""
    """The key of the URL's query that keeps it from blocking, if it is true."""


# It comes with Python, so there is nothing to say of it.
PYSQLITE = Driver(name="pysqlite", dialects=("sqlite",))


@cache
def dialects() -> dict[str, Dialect]:
    """Return the dialects by what a URL may begin with."""
    found: dict[str, Dialect] = {}
    for path in sorted(TEMPLATES.glob(f"database/*/{MODULES}/*.py")):
        source = path.read_text(encoding="utf-8")
        facts = header(source)
        if facts:
            folder = path.relative_to(TEMPLATES).parts[1]
            names = constant(source, "NAMES")
            dialect = Dialect(folder=folder, names=names, **facts)
            found |= dict.fromkeys(names, dialect)

    return found


@cache
def drivers() -> dict[str, Driver]:
    """Return the drivers by their names."""
    found = {PYSQLITE.name: PYSQLITE}
    for path in sorted(TEMPLATES.glob(f"driver/*/{MODULES}/driver.py")):
        name = path.relative_to(TEMPLATES).parts[1]
        facts = header(path.read_text(encoding="utf-8"))
        found[name] = Driver(name=name, **facts)

    return found


def drivers_of(dialect: Dialect) -> list[str]:
    """Return the names of the drivers for a dialect; the first is its default."""
    names = [it.name for it in drivers().values() if dialect.folder in it.dialects]
    return sorted(names, key=lambda name: name != dialect.driver)


def header(source: str) -> dict[str, Any]:
    """Return what the comment at the beginning of a module says, if there is one."""
    match = HEADER.match(source)
    if match is None:
        return {}

    lines = match[1].splitlines()
    facts: dict[str, Any] = yaml.load("\n".join(line[2:] for line in lines), LOADER)
    return facts


def without_header(source: str) -> str:
    return HEADER.sub("", source, count=1)


def constant(source: str, name: str) -> Any:
    """Return the value of a constant that a module defines by a literal."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)

    raise LookupError(name)
