"""Processes take turns to try to get SQLite's write lock.

A process that has just had it would otherwise get it again and again, between two tries
of another one.

Tested in ``tests/database/test_write_lock.py``.
"""

import os
import sqlite3
import time
import weakref
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import partial

from .dialect import is_locked
from .dialect import is_stale

try:
    import fcntl
except ImportError:  # On Windows, it is chance which process is next.
    fcntl = None  # type: ignore[assignment]

# Between two tries, in seconds.
INTERVAL = 0.0005

# The process that is next holds the first step while it waits for SQLite's lock, and
# the second one during each try. A transaction that gives way to another of the same
# thread only holds the second one, so that the lock is not lost in between.
NEXT, TRYING = range(2)


def wait(execute: Callable[[], object], deadline: float) -> None:
    """Do what needs a lock, and wait for that.

    SQLite's own way to wait blocks a thread with all its greenlets.

    :param deadline: by :func:`time.monotonic`.
    :raises sqlite3.OperationalError: if the lock cannot be had until then.
    """
    while True:
        try:
            execute()
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = "database is locked: another process waits before this one"
                raise sqlite3.OperationalError(message) from None
        except sqlite3.OperationalError as error:
            if not is_locked(error) or is_stale(error) or time.monotonic() > deadline:
                raise

        time.sleep(INTERVAL)


class Turnstile:
    """What one process at a time can pass, which takes two steps.

    :param path: the database file. A file next to it is locked, as a process loses the
        locks that SQLite has on the database when it closes any descriptor of that.
    """

    descriptor: int | None = None

    def __init__(self, path: str) -> None:
        self.path = f"{path}-turns"

    @contextmanager
    def holding(self, deadline: float, step: int = NEXT) -> Iterator[None]:
        """Keep other processes from a step.

        :param deadline: by :func:`time.monotonic`.
        :param step: :data:`NEXT` or :data:`TRYING`.
        :raises sqlite3.OperationalError: if others hold it until then.
        """
        if fcntl and self.descriptor is None:
            self.open()
        if not fcntl or self.descriptor is None:
            yield
            return

        descriptor = self.descriptor
        command = fcntl.LOCK_EX | fcntl.LOCK_NB
        wait(partial(fcntl.lockf, descriptor, command, 1, step), deadline)
        try:
            yield
        finally:
            fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, step)

    def try_to(self, execute: Callable[[], object]) -> None:
        """Do what needs the lock, unless another process hands it over."""
        with self.holding(0, TRYING):
            execute()

    def open(self) -> None:
        # Where nobody can write, nobody waits for that either.
        with suppress(OSError):
            # Its mode and owner are those of the database, as with SQLite's files.
            like = os.stat(self.path.removesuffix("-turns"))
            mode = like.st_mode & 0o666
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, mode)
            weakref.finalize(self, os.close, self.descriptor)
            if os.geteuid() == 0:
                os.fchown(self.descriptor, like.st_uid, like.st_gid)
