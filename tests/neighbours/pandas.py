"""pandas: tables are read and written, with an engine and within a session."""

from datetime import datetime
from datetime import timezone

import pandas
from flask import Flask
from shared import count
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.times import UtcDateTime

MOMENT = datetime(2030, 1, 1, 10, tzinfo=timezone.utc)


class Sample(Base):
    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    size: Mapped[float | None]
    taken: Mapped[datetime]


def samples() -> pandas.DataFrame:
    return pandas.DataFrame(
        {"name": ["a", "b"], "size": [1.5, float("nan")], "taken": [MOMENT, MOMENT]}
    )


def write(connectable: object) -> None:
    samples().to_sql(
        "samples",
        connectable,
        if_exists="append",
        index=False,
        # A moment, as the column has it.
        dtype={"taken": UtcDateTime()},
    )


def test_an_engine_writes_and_reads(app: Flask) -> None:
    with app.app_context():
        write(db.engine)
        stored = db.session.scalars(select(Sample).order_by(Sample.id)).all()
        assert [it.taken for it in stored] == [MOMENT, MOMENT]
        assert [it.size for it in stored] == [1.5, None]
        db.session.rollback()
        read = pandas.read_sql(select(Sample).order_by(Sample.id), db.engine)
        assert list(read.name) == ["a", "b"]
        assert list(read.taken) == [MOMENT, MOMENT]
        assert len(pandas.read_sql("SELECT * FROM samples", db.engine)) == 2
        assert len(pandas.read_sql_table("samples", db.engine)) == 2


def test_a_session_writes_what_it_commits(app: Flask) -> None:
    @app.post("/samples")
    def add() -> str:
        write(db.session.connection())
        read = pandas.read_sql(select(Sample), db.session.connection())
        db.session.rollback()
        write(db.session.connection())
        db.session.commit()
        return str(len(read))

    assert app.test_client().post("/samples").text == "2"
    assert count(app, Sample) == 2


def test_chunks_that_are_not_all_read_leave_nothing_behind(app: Flask) -> None:
    with app.app_context():
        write(db.engine)
        chunks = pandas.read_sql(select(Sample), db.engine, chunksize=1)
        assert len(next(chunks)) == 1
        del chunks


def test_a_table_is_replaced(app: Flask) -> None:
    with app.app_context():
        samples().to_sql("new_samples", db.engine, if_exists="replace")
        samples().to_sql("new_samples", db.engine, if_exists="replace")
        assert len(pandas.read_sql_table("new_samples", db.engine)) == 2
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE new_samples")
