"""The dialects and drivers that the template knows.

Each has one module in ``templates/``: that of the generated project, below a comment
with what only the template needs to know of it, in YAML::

    # /// template
    # requirement: pg8000>=1.31.5,<2
    # ///

:class:`Dialect` and :class:`Driver` say what may stand there.
"""

import ast
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "templates"
MODULES = "src/my_flask_app/database"

# What each dialect of a server has SQL for: the name of the database, the id of a
# connection and those of all, ending one by its id, waiting for 0.2 s, and a change
# of a connection that outlasts the transaction.
SQL = {"database", "connection_id", "connection_ids", "kill", "sleep", "change"}

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

    create: str = ""
    """The command that creates a database, with ``{host}``, ``{port}`` and the like."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Container images of a server for development, by SQLAlchemy's name."""

    sql: Mapping[str, str] = field(default_factory=dict)
    """Statements that the tests of a project execute; :data:`SQL` has their names."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """What the template needs to know of a driver."""

    name: str
    """The folder in ``templates/driver/``, and SQLAlchemy's name."""

    dialects: Sequence[str]
    """The folders of the dialects that it is for."""

    requirement: str = ""
    """What is to be installed, with its bounds."""

    packages: str = ""
    """The packages of Debian that it needs where it runs."""

    build_packages: str = ""
    """Those that it needs to be installed, as there is no wheel of it."""

    socket: bool = False
    """Whether its module uses ``sockets.py``."""

    lock: bool = False
    """Whether its module uses ``locks.py``."""

    unread: bool = False
    """Whether its module uses ``unread.py``."""

    time_out: bool = False
    """Whether its module says how long it may take to connect."""

    parameters: frozenset[str] = frozenset()
    """What the query of a URL may say, or nothing if that is not known."""

    pooler: bool = False
    """Whether its module says what it needs behind a pooler."""

    module: str = ""
    """What must not be imported before gevent's patch, or nothing if it may be."""

    greenlet_requirement: str = ""
    """What is to be installed besides, where greenlets serve."""

    greenlet_untyped: str = ""
    """The modules of that requirement, if mypy finds no types in it."""

    blocking: str = ""
    """What to do about it, if it blocks all greenlets while it waits."""

    instead: str = ""
    """The driver to use then, if there is one."""

    unblocked_by: str = ""
    """The key of the URL's query that keeps it from blocking, if it is true."""


# It comes with Python, so there is nothing to say of it.
PYSQLITE = Driver(name="pysqlite", dialects=["sqlite"])


@cache
def dialects() -> dict[str, Dialect]:
    """Return the dialects by what a URL may begin with."""
    found: dict[str, Dialect] = {}
    for path in sorted(TEMPLATES.glob(f"database/*/{MODULES}/dialect.py")):
        with named_in_errors(path):
            source = path.read_text(encoding="utf-8")
            names = constant(source, "NAMES")
            dialect = Dialect(folder=folder_of(path), names=names, **header(source))
            found |= dict.fromkeys(names, dialect)

    return found


@cache
def drivers() -> dict[str, Driver]:
    """Return the drivers by their names."""
    found = {PYSQLITE.name: PYSQLITE}
    for path in sorted(TEMPLATES.glob(f"driver/*/{MODULES}/driver.py")):
        with named_in_errors(path):
            source = path.read_text(encoding="utf-8")
            name = folder_of(path)
            found[name] = Driver(
                name=name,
                socket="from .sockets import" in source,
                lock="from . import locks" in source,
                unread="from . import unread" in source,
                time_out='"connect_timeout"' in source,
                parameters=frozenset(constant(source, "PARAMETERS").split()),
                pooler="\nPOOLER_CONNECT_ARGS" in source,
                **header(source),
            )

    return found


def drivers_of(dialect: Dialect) -> list[str]:
    """Return the names of the drivers for a dialect; the first is its default."""
    names = [it.name for it in drivers().values() if dialect.folder in it.dialects]
    return sorted(names, key=lambda name: name != dialect.driver)


def header(source: str) -> dict[str, Any]:
    """Return what the comment at the beginning of a module says.

    :raises ValueError: if there is no such comment.
    """
    match = HEADER.match(source)
    if match is None:
        raise ValueError("the module does not begin with '# /// template'")

    lines = match[1].splitlines()
    facts: dict[str, Any] = yaml.load("\n".join(line[2:] for line in lines), LOADER)
    return facts


def without_header(source: str) -> str:
    """Return a module as it is in a project."""
    return HEADER.sub("", source, count=1)


def constant(source: str, name: str) -> Any:
    """Return the value of a constant that a module defines by a literal.

    :raises LookupError: if it does not.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if ast.unparse(target) == name:
                return ast.literal_eval(node.value)

    raise LookupError(f"the module does not define {name}")


def folder_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).parts[1]


@contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Say in which module a maintainer has made a mistake."""
    try:
        yield
    except (LookupError, TypeError, ValueError, yaml.YAMLError) as error:
        raise RuntimeError(f"{path}: {error}") from error
