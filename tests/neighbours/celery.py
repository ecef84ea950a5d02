"""Celery: a task pushes a context, whether a worker or a view calls it."""

from typing import Any

import celery
import pytest
from celery.contrib.testing.worker import start_worker
from flask import Flask
from shared import count
from shared import GREENLETS
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.database.hooks import after_commit


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)


def make_celery(app: Flask, **settings: Any) -> celery.Celery:
    class Task(celery.Task):  # type: ignore[misc]
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    made = celery.Celery(
        "app", task_cls=Task, broker="memory://", backend="cache+memory://"
    )
    made.conf.update(broker_transport_options={"polling_interval": 0.01}, **settings)
    return made


def add_tasks(made: celery.Celery, name: str) -> Any:
    @made.task(name=name)
    def order(commit: bool, fail: bool = False) -> int:
        db.session.add(Order())
        db.session.flush()
        if commit:
            db.session.commit()
        if fail:
            raise RuntimeError("the task fails")

        return db.session.query(Order).count()

    return order


def test_a_worker_gives_each_task_a_session(app: Flask) -> None:
    made = make_celery(app)
    order = add_tasks(made, "worker")
    pool = "gevent" if GREENLETS else "threads"
    with start_worker(made, pool=pool, perform_ping_check=False):
        assert order.delay(True).get(timeout=10) == 1
        assert order.delay(False).get(timeout=10) == 2
        with pytest.raises(RuntimeError, match="the task fails"):
            order.delay(False, True).get(timeout=10)

    assert count(app, Order) == 1


def test_a_view_calls_a_task_that_has_its_own_session(app: Flask) -> None:
    order = add_tasks(make_celery(app, task_always_eager=True), "eager")

    @app.post("/orders")
    def view() -> str:
        db.session.add(Order())
        # Before the commit, a worker might not find what the view has stored.
        after_commit(order.delay, True)
        db.session.commit()
        return str(db.session.query(Order).count())

    assert app.test_client().post("/orders").text == "2"
    assert count(app, Order) == 2
