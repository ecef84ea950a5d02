"""APScheduler: a job pushes a context, and jobs are stored in the same database."""

import threading
import time
from collections.abc import Iterator

import pytest
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from shared import count
from shared import GREENLETS
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.database.hooks import after_commit

done = threading.Event()
apps: list[Flask] = []


class Report(Base):
    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)


def write_report() -> None:
    with apps[-1].app_context():
        db.session.add(Report())
        db.session.commit()

    done.set()


def kind_of_scheduler() -> type[BackgroundScheduler]:
    if not GREENLETS:
        return BackgroundScheduler

    from apscheduler.schedulers.gevent import GeventScheduler

    return GeventScheduler


@pytest.fixture
def scheduler(app: Flask) -> Iterator[BackgroundScheduler]:
    apps.append(app)
    done.clear()
    with app.app_context():
        store = SQLAlchemyJobStore(engine=db.engine)

    scheduler = kind_of_scheduler()(jobstores={"default": store})
    scheduler.start()
    yield scheduler
    if scheduler.running:
        scheduler.shutdown()


def test_a_job_has_a_session_of_its_own(
    app: Flask, scheduler: BackgroundScheduler
) -> None:
    @app.post("/reports")
    def order() -> str:
        db.session.add(Report())
        after_commit(scheduler.add_job, write_report)
        db.session.commit()
        return ""

    app.test_client().post("/reports")
    assert done.wait(10)
    # A scheduler that is shut down no longer finds the job that it is to remove.
    for _ in range(200):
        if not scheduler.get_jobs():
            break
        time.sleep(0.05)

    scheduler.shutdown()  # It waits for the job to end.
    assert count(app, Report) == 2
