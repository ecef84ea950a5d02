"""A request, and how its transactions begin on SQLite.

Tested in ``tests/database/test_safe_requests.py``.
"""

from collections.abc import Callable
from collections.abc import Container
from contextvars import copy_context
from functools import partial
from typing import Any
from typing import cast
from typing import TYPE_CHECKING
from weakref import ref

from flask import Request
from flask import request
from sqlalchemy import Connection
from werkzeug.local import LocalProxy

from .bodies import receive_body
from .manners import current_manner
from .manners import Manner
from .manners import RunAgain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}

# The key of a transaction's number in the info of its connection.
NUMBER = "number"


class RequestManner(Manner):
    """How the transactions of a request begin that is not run again."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__()
        # That of a request which makes this one, as with a test client.
        self.outer = current_manner()
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "")
        self.gives_way = self.method in SAFE_METHODS

    def note_commit(self) -> None:
        self.outer.note_commit()

    def prepare(self) -> None:
        """Receive the body, so that no client that sends it slowly has the lock."""
        if request:
            receive_body(cast("LocalProxy[Request]", request)._get_current_object())

    def __str__(self) -> str:
        endpoint = request.endpoint if request else None
        return f"{self.method} {endpoint or self.path}"


class Run(RequestManner):
    """How the transactions of a safe request begin, once or again.

    :param writers: the numbers of those that take their turn.
    :param readers: whether the transactions of an endpoint only read after a commit.
    """

    def __init__(
        self,
        environ: dict[str, Any],
        writers: Container[int | None],
        readers: dict[str, bool],
    ) -> None:
        super().__init__(environ)
        self.writers = writers
        self.readers = readers
        self.transactions: list[ref[Connection]] = []
        self.commits = 0
        self.further: str | None = None  # the endpoint, if one began after a commit
        self.refused: int | None = None
        self.is_refused = False
        self.is_answered = False

    def note_begin(self, connection: Connection) -> None:
        self.check_commit()
        connection.info[NUMBER] = len(self.transactions)
        self.transactions.append(ref(connection))
        if self.commits and request:
            self.further = request.endpoint

    def only_reads(self, connection: Connection) -> bool:
        if self.commits:
            return self.readers.get(self.further or "", False)

        return connection.info[NUMBER] not in self.writers

    def check_write(self, connection: Connection) -> None:
        """Let an outer transaction have the lock, as it would be refused afterwards."""
        for number, reference in enumerate(self.transactions):
            outer = reference()
            if outer is not None and outer is not connection and outer.in_transaction():
                self.repeat(number)

    def refuse(self, connection: Connection) -> None:
        self.is_refused = True
        self.repeat(connection.info.get(NUMBER))

    def repeat(self, refused: int | None) -> None:
        """Run the request again, in which a transaction has a turn, if that can be."""
        if not (self.commits or self.is_answered or refused in self.writers):
            self.refused = refused
            raise RunAgain

    def check_commit(self) -> None:
        if self.refused is not None:
            raise RunAgain

    def note_commit(self) -> None:
        super().note_commit()
        self.commits += 1

    def note_answer(self) -> None:
        self.is_answered = True
        if self.further:
            only_read = self.commits == 1 and not self.is_refused
            # One that has written once may do so again, whatever it does in between.
            earlier = self.readers.get(self.further, True)
            self.readers[self.further] = earlier and only_read


class DelayedStart:
    """The ``start_response`` of a run, which starts none before it is released."""

    def __init__(self, start_response: "StartResponse") -> None:
        self.start_response = start_response
        self.start: Any = None
        self.written: list[bytes] = []
        self.is_released = False

    def __call__(self, *arguments: Any) -> Callable[[bytes], object]:
        if self.is_released:
            return self.start_response(*arguments)

        # Those around the application may look at the request, as OpenTelemetry does.
        self.start = partial(copy_context().run, self.start_response, *arguments)
        return self.written.append

    def release(self) -> None:
        self.is_released = True
        if self.start:
            write = self.start()
            for data in self.written:
                write(data)
