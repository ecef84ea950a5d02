"""The application of a generated project, with views that scenarios ask for.

This module is copied into the project's folder and served from there.
"""

import asyncio
import multiprocessing
import os
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from flask import abort
from flask import copy_current_request_context
from flask import current_app
from flask import Flask
from flask import g
from flask import request
from flask import stream_with_context
from sqlalchemy import event
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app import app as project
from my_flask_app.database import Base
from my_flask_app.database import db

try:
    from my_flask_app.database.transactions import run_transaction
except ModuleNotFoundError:  # On SQLite nobody needs it.

    def run_transaction(work: Callable[[], Any], **_: object) -> Any:
        result = work()
        db.session.commit()
        return result


class Account(Base):  # type: ignore[misc]
    __tablename__ = "probe_accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]


class CountedAccount(Base):  # type: ignore[misc]
    """An account whose changes are counted."""

    __tablename__ = "probe_counted_accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


clock: Any = time
met: list[object] = []
reported: deque[BaseException] = deque(maxlen=100)


def create_app() -> Flask:
    app: Flask = project.create_app()
    app.teardown_appcontext(fail_if_asked)
    app.teardown_request(count_if_asked)
    app.context_processor(ask_the_database_if_asked)
    reading = (
        plain,
        read,
        nest,
        balances,
        counted,
        connection,
        leftovers,
        meet,
        repeat,
        visit,
    )
    for view in (*reading, ask_in_threads, ask_in_threads_of_tasks):
        app.add_url_rule(rule_of(view), view_func=view)
    writing = (prepare, own, count, transfer, stumble, stream, be_struck, execute, edit)
    for view in writing:
        app.add_url_rule(rule_of(view), view_func=view, methods=["POST"])

    app.add_url_rule("/count-carelessly", view_func=count)
    app.add_url_rule("/add/<how>", view_func=add, methods=["POST"])
    for how in WAYS:
        rule = f"/count/{how}"
        app.add_url_rule(rule, rule[1:], count_in_a_way, defaults={"how": how})

    for command in (fork, pool):
        app.cli.command(command.__name__)(command)

    with app.app_context():
        event.listen(db.engine, "connect", remember_process)
        if "CONNECT_BEFORE_FORK" in os.environ:
            db.session.execute(text("SELECT 1"))

    return app


def pause(seconds: float) -> None:
    clock.sleep(seconds)


def rule_of(view: Callable[..., object]) -> str:
    return "/" + view.__name__.replace("_", "-")


def fail_if_asked(error: BaseException | None) -> None:
    """Stand for the teardown function of another extension, with a fault.

    What reports errors keeps them for a while, and with them all that their frames
    refer to, so that no garbage collector closes a session that nobody closes.
    """
    if g.get("teardown_fails"):
        failure = RuntimeError("a teardown function of others fails")
        reported.append(failure)
        raise failure


def count_if_asked(error: BaseException | None) -> None:
    if g.pop("counts_at_its_end", False):
        count()


def ask_the_database_if_asked() -> dict[str, object]:
    """Stand for what pages need that know who looks at them."""
    return {"balances": balances()} if g.get("page_asks_the_database") else {}


def remember_process(connection: object, record: Any) -> None:
    record.info["process"] = os.getpid()


def balance(account_id: int) -> int:
    account = db.session.get_one(Account, account_id)
    return int(account.balance)


def change(account_id: int, amount: int, seconds: float = 0) -> None:
    """Read, think and write."""
    account = db.session.get_one(Account, account_id, with_for_update=True)
    before = account.balance
    pause(seconds)
    account.balance = before + amount
    db.session.flush()


def seconds() -> float:
    return request.args.get("seconds", 0.0, float)


def plain() -> str:
    """Answer without the database."""
    return "plain"


def prepare() -> str:
    """Create the tables, and 10 accounts with nothing in them."""
    Base.metadata.create_all(db.engine)
    db.session.add_all(Account(id=number, balance=0) for number in range(10))
    db.session.add(CountedAccount(id=0, balance=0))
    db.session.commit()
    return ""


def read() -> str:
    """Read account 0, and keep the connection for a while."""
    found = balance(0)
    pause(seconds())
    return str(found)


def nest() -> str:
    """Return the balance of account 0, as a nested context finds it."""
    balance(0)
    pause(seconds())
    with current_app.app_context():
        return str(balance(0))


def balances() -> list[int]:
    return list(db.session.scalars(select(Account.balance).order_by(Account.id)))


def counted() -> str:
    """Return the balance of the account whose changes are counted."""
    return str(db.session.get_one(CountedAccount, 0).balance)


def open_account() -> int:
    """Return the number of a new account, which is not committed."""
    number = random.randrange(10, 1_000_000_000)
    db.session.add(Account(id=number, balance=number))
    db.session.flush()
    return number


def own() -> str:
    """Tell whether what this request wrote, and nobody committed, is all it sees."""
    number = open_account()
    pause(seconds())
    more = select(Account.id).where(Account.id >= 10)
    return str(db.session.scalars(more).all() == [number])


def connection() -> list[int]:
    """Return the process that answers, and the one that opened its connection."""
    used = db.session.connection()
    pause(seconds())
    return [os.getpid(), used.connection.info["process"]]


def leftovers() -> dict[str, int]:
    """Return what requests have left behind in this process."""
    pool: Any = db.engine.pool
    return {"connections": pool.checkedout(), "sessions": len(sessions())}


def sessions() -> Any:
    return db.session.registry.registry


def meet() -> str:
    """Return the identity of the session, while as many others are in use."""
    session = db.session()
    met.append(session)
    while len(met) < request.args.get("number", type=int, default=1):
        pause(0.2)

    balance(0)
    assert db.session() is session
    return str(id(session))


def repeat() -> str:
    """Return the number that was sent, by way of the database."""
    return str(echo(int(request.args["number"])))


def echo(number: int) -> int | None:
    """Return a number by way of the database, in a transaction that only reads."""
    db.session.connection(execution_options={"sqlite_begin": "DEFERRED"})
    found = select_number(number)
    db.session.rollback()
    return found


def select_number(number: int) -> int | None:
    found: int | None = db.session.scalar(select(literal(number)))
    return found


def ask_in_threads() -> list[int | None]:
    """Return numbers by way of the database, each in a thread with this context."""
    with ThreadPoolExecutor(4) as threads:
        answers = [
            threads.submit(copy_context().run, select_number, number)
            for number in numbers()
        ]

    return [answer.result() for answer in answers]


def ask_in_threads_of_tasks() -> list[int | None]:
    """Do so as an asynchronous view does."""

    async def ask() -> list[int | None]:
        return await asyncio.gather(
            *(asyncio.to_thread(select_number, number) for number in numbers())
        )

    return asyncio.run(ask())


def numbers() -> range:
    first = int(request.args["number"])
    return range(first, first + 20)


def count() -> str:
    """Add one to account 0, after some thinking."""
    change(0, 1, seconds())
    db.session.commit()
    return str(balance(0))


WAYS = [
    *("catch", "thread", "end", "connection", "visit"),
    # These are the client's.
    *("body", "upgrade"),
]


def count_in_a_way(how: str) -> str:
    """Add one to account 0; what comes first is written to account 1."""
    if how == "catch":
        try:
            return count()
        except Exception:
            return "caught"
    if how == "thread":
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(copy_current_request_context(count)).result()
    if how == "end":
        g.counts_at_its_end = True
        return ""
    if how == "connection":
        with db.engine.begin() as another:
            add_one = {"balance": Account.balance + 1}
            another.execute(update(Account).where(Account.id == 1).values(add_one))
    if how == "visit":
        note_visit()

    return count()


def add(how: str) -> str:
    """Add one to account 0, as people write it."""

    def work() -> None:
        if how == "in-sql":
            add_one = {"balance": Account.balance + 1}
            db.session.execute(update(Account).where(Account.id == 0).values(add_one))
            return

        model = CountedAccount if how == "counted" else Account
        account = db.session.get_one(model, 0, with_for_update=how == "locked")
        before = account.balance
        pause(seconds())
        account.balance = before + 1

    if how == "run-transaction":
        run_transaction(work)
    else:
        work()
        db.session.commit()

    return ""


def visit() -> str:
    """Note that somebody is here, and take time for the page."""
    note_visit()
    found = balance(0)
    pause(seconds())
    return str(found)


def note_visit() -> None:
    change(1, 1)
    db.session.commit()


def edit() -> str:
    """Read, and only then ask for what the client has sent."""
    balance(0)
    return request.get_data(as_text=True)


def transfer() -> str:
    """Move an amount of 1 from an account to another one."""
    source, target = request.args["source"], request.args["target"]

    def work() -> None:
        change(int(source), -1)
        pause(seconds())
        change(int(target), 1)

    level = None if "default-level" in request.args else "SERIALIZABLE"
    run_transaction(work, isolation_level=level)
    return ""


def execute() -> str:
    """Return what a statement finds, and commit another one, if there is one."""
    found = db.session.execute(text(request.args["find"])).one()
    pause(seconds())
    if "leave" in request.args:
        db.session.execute(text(request.args["leave"]))
        db.session.commit()

    return str(found)


def stumble() -> str:
    """Write, commit nothing, and end in a way of the asker's choice."""
    open_account()
    how = request.args["how"]
    if how == "error":
        raise RuntimeError
    if how == "database-error":
        g.page_asks_the_database = True
        db.session.execute(text("SELECT nothing FROM nowhere"))
    if how == "abort":
        abort(409)
    if how == "teardown":
        g.teardown_fails = True
    if how == "teardown-and-error":
        g.teardown_fails = True
        raise RuntimeError
    if how == "nested":
        with current_app.app_context():
            balance(2)
            raise RuntimeError

    return how


def stream() -> Any:
    """Write, commit nothing, and answer until nobody listens."""

    def parts() -> Iterator[str]:
        open_account()
        for _ in range(1000):
            yield "x" * 10_000
            pause(0.01)

    return stream_with_context(parts())


def be_struck() -> str:
    """Transfer from account 1 to 2, and be struck after some seconds."""
    import gevent

    error = gevent.Timeout if request.args["how"] == "timeout" else gevent.GreenletExit
    me: Any = gevent.getcurrent()
    strike = gevent.spawn_later(seconds(), lambda: me.kill(error))
    try:
        for _ in range(100):
            change(1, -1)
            pause(0)
            change(2, 1)
            db.session.commit()
    finally:
        strike.kill()

    return ""


def fork() -> None:
    """Add one to account 0 while child processes come and go."""
    prepare()
    change(0, 1)
    children = [fork_child(ending) for ending in ENDINGS]
    for _ in range(100):
        assert balance(0) == 1

    statuses = [os.waitpid(child, 0)[1] for child in children]
    assert statuses == [0] * len(children)
    db.session.commit()
    print(balance(0))


def fork_child(ending: Callable[[Any], object]) -> int:
    """Fork, and return the child's process number."""
    session = db.session()
    if child := os.fork():
        return child

    # It may be told that its connection has been lost, as long as that harms nobody.
    with suppress(Exception):
        ending(session)

    for number in range(20):
        assert echo(number) == number

    # As a command usually ends, so that its context does, too.
    sys.exit()


ENDINGS: list[Callable[[Any], object]] = [
    lambda session: None,
    lambda session: session.rollback(),
    lambda session: session.commit(),
    lambda session: session.close(),
    lambda session: session.scalar(select(Account.balance)),
]


def pool() -> None:
    """Add one to account 0 while a pool of child processes is at work."""
    prepare()
    change(0, 1)
    numbers = range(200)
    with multiprocessing.get_context("fork").Pool(4) as workers:
        answers = workers.map_async(echo, numbers, chunksize=1)
        for _ in range(100):
            assert balance(0) == 1

        assert answers.get(timeout=60) == list(numbers)

    db.session.commit()
    print(balance(0))


def serve_with_raw_greenlets() -> None:
    """Serve with greenlets, and patch nothing."""
    global clock
    import gevent
    from gevent.pywsgi import WSGIServer

    clock = gevent
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    WSGIServer(address, create_app(), log=None).serve_forever()


if __name__ == "__main__":
    serve_with_raw_greenlets()
