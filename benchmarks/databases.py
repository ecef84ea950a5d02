"""The database that the compared applications read from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from benchmarks.applications import core
from tests.servers import postgresql


@contextmanager
def database_with_a_student() -> Iterator[str]:
    """Run a PostgreSQL server with the row that is asked for, and yield its URL."""
    with (
        TemporaryDirectory(prefix="server-") as folder,
        postgresql(Path(folder)) as server,
    ):
        url = server.url.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(url)
        core.metadata.create_all(engine)
        with engine.begin() as connection:
            student = {"id": 1, "name": "Ada Lovelace", "email": "ada@example.com"}
            connection.execute(core.students.insert(), student)

        engine.dispose()
        yield url
