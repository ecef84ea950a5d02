"""A transaction that meets another one is run again."""

import random
import threading
import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from flask import abort
from flask import Flask
from helpers import tables
from helpers import undone
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db
from my_flask_app.database import transactions
from my_flask_app.database.hooks import after_commit
from my_flask_app.database.transactions import run_transaction

Change = Callable[[int, int], None]


class Base(DeclarativeBase):
    pass


class Interruption(BaseException):
    """Like KeyboardInterrupt, SystemExit and GreenletExit not an Exception."""


class Account(Base):
    __tablename__ = "transaction_test_accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]


class CountedAccount(Base):
    """An account whose changes are counted."""

    __tablename__ = "transaction_test_counted_accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


@pytest.fixture(autouse=True)
def accounts(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        with app.app_context():
            db.session.add_all([Account(id=1, balance=10), Account(id=2, balance=10)])
            db.session.add(CountedAccount(id=1, balance=0))
            db.session.commit()

        yield


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let every error be a conflict; return the pauses, which take no time."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(transactions, "is_conflict", lambda error: True)
    return pauses


def balances(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(Account.balance).order_by(Account.id)))


def change(account_id: int, amount: int) -> None:
    account = db.session.get_one(Account, account_id, with_for_update=True)
    account.balance += amount
    db.session.flush()


def change_without_a_lock(account_id: int, amount: int) -> None:
    db.session.get_one(Account, account_id).balance += amount
    db.session.flush()


def fail() -> None:
    db.session.execute(insert(Account).values(id=2, balance=0))


def in_place(work: Callable[[], None]) -> None:
    work()


def in_a_savepoint(work: Callable[[], None]) -> None:
    with db.session.begin_nested():
        work()


def caught(work: Callable[[], None]) -> None:
    with suppress(DBAPIError):
        work()


def caught_and_gone_on(work: Callable[[], None]) -> None:
    caught(work)
    db.session.scalars(select(Account)).all()


def at_once(app: Flask, number: int, function: Callable[[int], object]) -> None:
    """Call a function so many times, in threads with contexts of their own."""

    def call(index: int) -> None:
        with app.app_context():
            function(index)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(call, range(number)))


def transfer_both_ways(
    app: Flask, do: Callable[[Callable[[], None]], None], change_target: Change
) -> None:
    """Let two transactions change one account each, and then that of the other."""
    barrier = threading.Barrier(2, timeout=10)
    calls = []

    def transfer(index: int) -> None:
        source, target, amount = [(1, 2, 1), (2, 1, 3)][index]

        def work() -> str:
            calls.append(source)
            change(source, -amount)
            if len(calls) <= 2:
                barrier.wait()

            do(lambda: change_target(target, amount))
            return "done"

        assert run_transaction(work) == "done"

    at_once(app, 2, transfer)
    assert len(calls) > 2
    assert balances(app) == [12, 8]


@pytest.mark.parametrize("do", [in_place, in_a_savepoint])
def test_transactions_that_wait_for_each_other_both_succeed(
    app: Flask, do: Callable[[Callable[[], None]], None]
) -> None:
    transfer_both_ways(app, do, change)


@pytest.mark.parametrize("do", [caught, caught_and_gone_on])
@pytest.mark.parametrize("change_target", [change, change_without_a_lock])
def test_a_conflict_that_was_caught_is_a_conflict_all_the_same(
    app: Flask, do: Callable[[Callable[[], None]], None], change_target: Change
) -> None:
    transfer_both_ways(app, do, change_target)


def add_one(account: Account | CountedAccount) -> None:
    """Take time between reading and writing."""
    before = account.balance
    time.sleep(0.001)
    account.balance = before + 1


def test_no_update_is_lost(app: Flask) -> None:
    def work() -> None:
        add_one(db.session.get_one(Account, 1))

    at_once(app, 40, lambda _: run_transaction(work))
    assert balances(app) == [50, 10]


def test_what_another_transaction_has_counted_meanwhile_is_a_conflict(
    app: Flask,
) -> None:
    def work() -> None:
        add_one(db.session.get_one(CountedAccount, 1))

    level: IsolationLevel = "READ COMMITTED"
    at_once(app, 40, lambda _: run_transaction(work, isolation_level=level))
    with app.app_context():
        assert db.session.get_one(CountedAccount, 1).balance == 40


def run_with_the_default_level(work: Callable[[], None]) -> None:
    run_transaction(work, isolation_level=None)


def run_without(work: Callable[[], None]) -> None:
    work()
    db.session.commit()


def withdraw_twice(app: Flask, run: Callable[[Callable[[], None]], None]) -> list[int]:
    """Let two transactions take 15 from accounts that together hold 20.

    Each looks at the sum before, and both have done so before one goes on.
    """
    barrier = threading.Barrier(2, timeout=10)
    looked: set[int] = set()

    def withdraw(index: int) -> None:
        def work() -> None:
            total = sum(db.session.scalars(select(Account.balance)))
            if index not in looked:
                looked.add(index)
                barrier.wait()
            if total >= 15:
                db.session.get_one(Account, index + 1).balance -= 15

        run(work)

    at_once(app, 2, withdraw)
    return sorted(balances(app))


def test_a_rule_that_transactions_keep_only_together_is_kept(app: Flask) -> None:
    assert withdraw_twice(app, run_transaction) == [-5, 10]


def test_an_argument_takes_less_isolation(app: Flask) -> None:
    assert withdraw_twice(app, run_with_the_default_level) == [-5, -5]


@pytest.mark.parametrize("work", [lambda: None, lambda: change(1, 0)])
def test_the_isolation_level_ends_with_the_transaction(
    app: Flask, work: Callable[[], None]
) -> None:
    at_once(app, 8, lambda _: run_transaction(work))
    assert withdraw_twice(app, run_without) == [-5, -5]


def test_an_unknown_isolation_level_is_an_error(app: Flask) -> None:
    with app.app_context():
        with pytest.raises((ArgumentError, DBAPIError)):
            run_transaction(list, isolation_level="EXTREME")  # type: ignore[arg-type]

        run_transaction(lambda: change(1, 5))

    assert balances(app) == [15, 10]


def test_a_row_that_was_not_there_is_created_once(app: Flask) -> None:
    def get_or_create() -> Account:
        account = db.session.get(Account, 3)
        if account is None:
            time.sleep(0.001)
            account = Account(id=3, balance=0)
            db.session.add(account)

        account.balance += 1
        return account

    at_once(app, 40, lambda _: run_transaction(get_or_create))
    assert balances(app) == [10, 10, 40]


def test_a_function_is_called_once_after_a_transaction_that_was_repeated(
    app: Flask,
) -> None:
    calls: list[int] = []
    sent: list[int] = []

    def send(number: int) -> None:
        def work() -> None:
            calls.append(number)
            after_commit(sent.append, number)
            add_one(db.session.get_one(Account, 1))

        run_transaction(work)

    at_once(app, 40, send)
    assert len(calls) > 40
    assert sorted(sent) == list(range(40))


def test_another_error_is_raised_at_once(app: Flask) -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        change(1, 5)
        db.session.add(Account(id=2, balance=0))

    with app.app_context(), pytest.raises(IntegrityError):
        run_transaction(work)

    assert len(calls) == 1
    assert balances(app) == [10, 10]


def test_an_interruption_ends_the_transaction(app: Flask) -> None:
    def work() -> None:
        change(1, 5)
        raise Interruption

    with app.app_context():
        with pytest.raises(Interruption):
            run_transaction(work)

        assert not db.session().in_transaction()

    assert balances(app) == [10, 10]


@pytest.mark.parametrize(("options", "retries"), [({}, 30), ({"retries": 2}, 2)])
def test_in_the_end_it_gives_up(
    app: Flask, pauses: list[float], options: dict[str, Any], retries: int
) -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        fail()

    with app.app_context(), pytest.raises(IntegrityError):
        run_transaction(work, **options)

    assert len(calls) == 1 + retries
    assert len(pauses) == retries


def test_those_who_met_do_not_pause_for_the_same_time(
    app: Flask, pauses: list[float]
) -> None:
    with app.app_context(), pytest.raises(IntegrityError):
        run_transaction(fail)

    assert len(set(pauses)) == len(pauses)


def test_the_pauses_grow_up_to_a_second(
    app: Flask, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda shortest, longest: longest)
    with app.app_context(), pytest.raises(IntegrityError):
        run_transaction(fail)

    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1
    assert pauses[-1] == 1


def test_a_transaction_that_has_begun_cannot_be_run_again(app: Flask) -> None:
    with app.app_context():
        db.session.get_one(Account, 1)
        with pytest.raises(InvalidRequestError):
            run_transaction(lambda: None)
        db.session.rollback()
        run_transaction(lambda: change(1, 5))

    assert balances(app) == [15, 10]


@pytest.mark.parametrize(("status", "balance"), [(200, 15), (409, 10)])
def test_a_view_may_use_it_also_where_all_is_undone(
    app: Flask, status: int, balance: int
) -> None:
    @app.post("/probe")
    def probe() -> str:
        def work() -> None:
            change(1, 5)
            if status != 200:
                abort(status)

        run_transaction(work)
        return ""

    @app.get("/balance")
    def show_balance() -> str:
        return str(db.session.get_one(Account, 1).balance)

    client = app.test_client()
    with undone(app):
        assert client.post("/probe").status_code == status
        assert client.get("/balance").text == str(balance)

    assert client.get("/balance").text == "10"
    assert client.post("/probe").status_code == status
    assert client.get("/balance").text == str(balance)


def test_work_that_commits_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(InvalidRequestError):
        run_transaction(db.session.commit)


async def coroutine() -> None:
    change(1, 1)


def generator() -> Iterator[None]:
    change(1, 1)
    yield


async def asynchronous_generator() -> AsyncIterator[None]:
    change(1, 1)
    yield


@pytest.mark.parametrize("work", [coroutine, generator, asynchronous_generator])
def test_a_function_that_has_only_begun_is_an_error(
    app: Flask, work: Callable[[], object]
) -> None:
    with app.app_context():
        with pytest.raises(TypeError, match="not a coroutine or a generator"):
            run_transaction(work)

        assert not db.session().in_transaction()

    assert balances(app) == [10, 10]
