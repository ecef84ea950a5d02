"""Flask-SocketIO: each event has a context, and with it a session, of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import socketio
from flask import Flask
from flask_socketio import SocketIO
from shared import count
from shared import GREENLETS
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from werkzeug.serving import make_server

from my_flask_app.database import Base
from my_flask_app.database import db


class Message(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(String(50))


@pytest.fixture
def events(app: Flask) -> SocketIO:
    events = SocketIO(app, async_mode="gevent" if GREENLETS else "threading")

    @events.on("connect")
    def connect() -> None:
        db.session.add(Message(text="connected"))
        db.session.commit()

    @events.on("say")
    def say(text: str) -> str:
        message = Message(text=text)
        db.session.add(message)
        db.session.commit()
        return str(message.text)

    @events.on("forget")
    def forget(text: str) -> None:
        db.session.add(Message(text=text))
        db.session.flush()

    @events.on("fail")
    def fail(text: str) -> None:
        forget(text)
        raise RuntimeError(text)

    @events.on("work")
    def start() -> None:
        events.start_background_task(work)

    def work() -> None:
        with app.app_context():
            db.session.add(Message(text="worked"))
            db.session.commit()

        events.emit("worked")

    @events.on_error_default
    def handle(error: Exception) -> str:
        # Unlike those of requests, it finds what the event has not committed.
        db.session.rollback()
        return f"{error}, {db.session.query(Message).count()} stored"

    return events


@pytest.fixture
def address(app: Flask, events: SocketIO) -> Iterator[str]:
    with by_greenlets(app) if GREENLETS else by_threads(app) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def by_threads(app: Flask) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextmanager
def by_greenlets(app: Flask) -> Iterator[int]:
    from gevent.pywsgi import WSGIServer

    server = WSGIServer(("127.0.0.1", 0), app, log=None)
    server.start()
    yield int(server.address[1])
    server.stop(timeout=1)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_an_events_session_ends_with_its_handler(
    app: Flask, address: str, transport: str
) -> None:
    client: Any = socketio.SimpleClient()
    client.connect(address, transports=[transport])
    assert [client.call("say", it) for it in ("one", "two")] == ["one", "two"]
    client.call("forget", "lost")
    assert not db.session.registry.registry
    assert client.call("fail", "broken") == "broken, 3 stored"
    client.emit("work")
    assert client.receive(timeout=5) == ["worked"]
    client.disconnect()
    assert count(app, Message) == 4
