"""The databases that the compared applications read from."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from datetime import timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from benchmarks.applications import core
from tests.servers import postgresql


@contextmanager
def postgresql_with_a_student() -> Iterator[str]:
    """Run a PostgreSQL server with the row that is asked for, and yield its URL."""
    with (
        TemporaryDirectory(prefix="server-") as folder,
        postgresql(Path(folder)) as server,
    ):
        url = server.url.replace("postgresql:", "postgresql+psycopg:")
        add_student(url)
        yield url


def sqlite_with_a_student(folder: Path) -> str:
    """Return the URL of a new file with that row."""
    url = f"sqlite:///{folder / 'students.db'}"
    add_student(url)
    return url


def add_student(url: str) -> None:
    engine = create_engine(url)
    core.metadata.create_all(engine)
    with engine.begin() as connection:
        ada = core.students.insert().values(
            id=1,
            name="Ada Lovelace",
            email="ada@example.com",
            created=datetime.now(timezone.utc),
        )
        connection.execute(ada)

    engine.dispose()
