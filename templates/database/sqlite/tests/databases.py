"""The database that the tests use."""

from pathlib import Path


def make_empty_database(folder: Path) -> str:
    """Return the URL of a database in an empty folder, with nothing in it."""
    return f"sqlite:///{folder / 'test.db'}"
