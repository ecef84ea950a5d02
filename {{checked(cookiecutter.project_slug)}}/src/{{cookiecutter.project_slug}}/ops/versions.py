"""Which migrations the application has, without Alembic, which no worker needs.

Tested in ``tests/ops/test_health.py``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

MIGRATIONS = Path(__file__).parents[1] / "migrations/versions"


class Versions:
    """The revisions of the migrations that are there when the process starts."""

    def __init__(self, folder: Path = MIGRATIONS) -> None:
        self.known = set(strings(folder, "revision"))
        # A database does not have those that others build upon.
        self.last = self.known - {*strings(folder, "down_revision", "depends_on")}

    def are_missing_in(self, found: set[str]) -> bool:
        """Tell whether a database with these revisions is behind.

        One with others is ahead, for a newer version that is about to take over.
        """
        return found <= self.known and not self.last <= found


def strings(folder: Path, *names: str) -> Iterator[str]:
    """Yield the texts in variables of migrations, without importing these."""
    for file in folder.glob("*.py"):
        for node in ast.parse(file.read_bytes()).body:
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            if any(getattr(it, "id", None) in names for it in targets):
                values = (getattr(it, "value", None) for it in ast.walk(node))
                yield from (value for value in values if isinstance(value, str))
