"""Threads that inherit a context take turns with its session."""

import contextvars
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from helpers import connections_in_use
from sqlalchemy import event
from sqlalchemy import literal
from sqlalchemy import select

from my_flask_app.database import db


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def ask(number: int) -> int | None:
    return db.session.scalar(select(literal(number)))


def ask_in(threads: ThreadPoolExecutor, number: int) -> "Future[int | None]":
    return threads.submit(contextvars.copy_context().run, ask, number)


def test_each_gets_its_own_results(app: Flask, threads: ThreadPoolExecutor) -> None:
    with app.app_context():
        results = [ask_in(threads, number) for number in range(50)]
        assert [result.result() for result in results] == list(range(50))


def test_one_waits_until_another_has_its_result(
    app: Flask, threads: ThreadPoolExecutor
) -> None:
    in_use = threading.Lock()

    def execute_slowly(*_: object) -> None:
        assert in_use.acquire(blocking=False)
        time.sleep(0.01)
        in_use.release()

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", execute_slowly)
        results = [ask_in(threads, number) for number in range(5)]
        assert [result.result() for result in results] == list(range(5))


def test_a_session_ends_when_no_thread_is_using_it(
    app: Flask, threads: ThreadPoolExecutor
) -> None:
    executing, executed = threading.Event(), threading.Event()

    def execute_slowly(*_: object) -> None:
        executing.set()
        time.sleep(0.05)
        executed.set()

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", execute_slowly)
        result = ask_in(threads, 1)
        assert executing.wait(10)

    assert executed.is_set()
    assert connections_in_use(app) == 0
    assert result.result() == 1
