"""A plugin of pytest that shows which claims held, in which cases.

With ``--table FILE`` it also writes that to a Markdown file.
"""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

DATABASES = ["SQLite", "PostgreSQL", "MariaDB"]
KINDS = [
    "Flask-SQLAlchemy, threads",
    "Flask-SQLAlchemy, greenlets",
    "SQLAlchemy, threads",
    "SQLAlchemy, greenlets",
]
PACKAGES = ["flask", "flask-sqlalchemy", "sqlalchemy", "gunicorn", "gevent"]

# A row of the table: what is claimed, and the figures by database and kind.
Claims = dict[str, dict[tuple[str, str], str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", type=Path, help="write a table of what held to a file")


def pytest_configure(config: pytest.Config) -> None:
    # Of pytest-xdist's processes, only the first one gets all reports.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Table(config.getoption("--table")))


class Table:
    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.claims: Claims = {}
        self.versions: dict[str, str] = {}
        self.places: dict[str, tuple[str, int | None]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted: dict[str, str] = dict(report.user_properties)  # type: ignore[arg-type]
        if "claim" not in noted or report.when == "teardown" and report.passed:
            return

        self.versions[noted["database"]] = noted["version"]
        self.places[noted["claim"]] = report.location[:2]
        figures = self.claims.setdefault(noted["claim"], {})
        case = (noted["database"], noted["kind"])
        if not report.passed:
            figures[case] = f"**{report.outcome}**"
        elif report.when == "call":
            figures.setdefault(case, noted.get("figure", "held"))

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        # As in the files, not as they came.
        claims = {
            claim: self.claims[claim] for claim in sorted(self.claims, key=self.place)
        }
        terminalreporter.write_line("\n".join(summary(claims)))
        if self.file:
            self.file.write_text("\n".join([*document(claims, self.versions), ""]))

    def place(self, claim: str) -> tuple[str, int | None]:
        return self.places[claim]


def document(claims: Claims, databases: dict[str, str]) -> Iterator[str]:
    packages = {name: version(name) for name in PACKAGES}
    versions = {"Python": platform.python_version()} | databases | packages
    yield "# What held"
    yield ""
    yield "`make torture` wrote this page. Each row is a claim about generated projects"
    yield "and a test in `tests/scenarios/`; the figures are those of the last run."
    yield ""
    yield row("with", "version")
    yield row("---", "---")
    for name in versions:
        yield row(name, versions[name])

    yield row("processors", str(os.cpu_count()))
    yield ""
    yield from summary(claims)
    for database in DATABASES:
        yield ""
        yield f"## {database}"
        yield ""
        yield row("claim", *KINDS)
        yield row(*["---"] * (len(KINDS) + 1))
        for claim, figures in claims.items():
            cells = [figures.get((database, kind), "") for kind in KINDS]
            if any(cells):
                yield row(claim, *cells)


def summary(claims: Claims) -> Iterator[str]:
    """Yield a table of how many kinds of projects each claim held for."""
    yield row("claim", *DATABASES)
    yield row(*["---"] * (len(DATABASES) + 1))
    for claim, figures in claims.items():
        yield row(claim, *(held(figures, database) for database in DATABASES))


def held(figures: dict[tuple[str, str], str], database: str) -> str:
    of_database = [figures[case] for case in figures if case[0] == database]
    failures = [text for text in of_database if text.startswith("**")]
    if not of_database:
        return ""

    return f"{len(of_database) - len(failures)} of {len(of_database)}"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
