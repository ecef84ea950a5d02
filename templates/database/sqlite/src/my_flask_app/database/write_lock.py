"""The queue of a process at the write lock of a SQLite file.

SQLite lets all who wait try again and again, so that some wait for long. Here only the
first one tries, and others begin one after the other, as transactions end.

Tested in ``tests/database/test_write_lock.py``.
"""

import logging
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial

from . import writers
from .turnstile import NEXT
from .turnstile import TRYING
from .turnstile import Turnstile
from .turnstile import wait
from .writers import Writer

logger = logging.getLogger(__name__)

# How often those who wait look whether the lock is free after all, in seconds.
INTERVAL = 0.1


class WriteLock:
    """The write lock of a file, with its writer and those who wait.

    A writer that is lost, with its thread or its connection, is in nobody's way.

    :param path: the database file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.turnstile = Turnstile(path)
        self.mutex = threading.Lock()
        self.queue: deque[Writer] = deque()
        self.current: Callable[[], Writer | None] = lambda: None
        self.is_watched = False

    def take(
        self,
        writer: Writer,
        connection: sqlite3.Connection,
        execute: Callable[[], object],
        timeout: float,
        own: Writer | None = None,
    ) -> None:
        """Execute what takes the lock on a connection, once the writer has its turn.

        :param timeout: how long that may take, in seconds.
        :param own: a writer that lets this one have its turn.
        :raises sqlite3.OperationalError: if it takes longer.
        """
        deadline = time.monotonic() + timeout
        try:
            self.queue_up(writer, deadline, own)
            begin = partial(writer.begin, connection, execute)
            with self.turnstile.holding(deadline, TRYING if own else NEXT):
                wait(begin if own else partial(self.turnstile.try_to, begin), deadline)
        except BaseException:
            self.leave(writer)
            raise

        if writer.gives_way:
            self.watch()

    def queue_up(self, writer: Writer, deadline: float, own: Writer | None) -> None:
        with self.mutex:
            current = self.current()
            if current is own and (own or not self.queue):
                self.current = weakref.ref(writer)
                return

            self.queue.append(writer)
            if current:
                current.kept_waiting += 1

        del current
        while not writer.has_turn.acquire(timeout=INTERVAL):
            self.look()
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError(f"database is locked: {self.current()}")

    def leave(self, writer: Writer) -> None:
        """Do without a writer, whether it has its turn or not."""
        with self.mutex:
            if writer in self.queue:
                self.queue.remove(writer)
            elif self.current() is writer:
                self.call_next()

    def look(self) -> None:
        """Let the next one begin if the transaction of the current one is over."""
        if not self.queue and self.current() is None:
            return

        with self.mutex:
            writer = self.current()
            if writer and not writer.is_over():
                return
            self.call_next()

        if writer and writer.has_lasted(writers.LONG):
            message = "The write lock of %s: %s, and %d waited for it"
            logger.warning(message, self.path, writer, writer.kept_waiting)

    def call_next(self) -> None:
        if self.queue:
            writer = self.queue.popleft()
            writer.kept_waiting = len(self.queue)
            self.current = weakref.ref(writer)
            writer.has_turn.release()
        else:
            self.current = lambda: None

    def watch(self) -> None:
        """Let others write if a transaction that gives way reads for long."""
        with self.mutex:
            if not self.is_watched:
                # There are no threads any more while the interpreter ends.
                with suppress(RuntimeError):
                    watcher = threading.Thread(target=self.keep_watch, daemon=True)
                    # It is not to keep a context of the application.
                    Context().run(watcher.start)
                    self.is_watched = True

    def keep_watch(self) -> None:
        while self.goes_on():
            writer = self.current()
            if writer and writer.gives_way and writer.has_lasted(writers.LONG):
                writer.give_way()

            del writer
            self.look()
            time.sleep(INTERVAL)

    def goes_on(self) -> bool:
        with self.mutex:
            self.is_watched = self.current() is not None
            return self.is_watched
