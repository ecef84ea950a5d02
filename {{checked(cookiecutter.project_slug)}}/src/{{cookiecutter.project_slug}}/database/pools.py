"""Code that holds a connection does not wait behind code that holds none.

A nested context needs a second connection. If requests held all of the pool, and each
waited for a second one, none could go on.

Tested in ``tests/database/test_pools.py``.
"""

from contextvars import ContextVar
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.pool import QueuePool

# Who has taken the last connection here. Threads and greenlets have a value of their
# own, or that of the one whose context they inherit.
current_holder: ContextVar[object] = ContextVar("current_holder", default=None)


class NestingQueuePool(QueuePool):
    """A queue that lends a further connection to a thread that holds one.

    If there is none in the queue, it is opened, and closed when it comes back.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.holders: dict[ConnectionPoolEntry, object] = {}
        self.further: set[ConnectionPoolEntry] = set()

    def _do_get(self) -> ConnectionPoolEntry:
        holder = current_holder.get()
        holds = holder is not None and holder in self.holders.values()
        if not holds:
            # Threads that inherited the old one have nothing to do with each other.
            holder = object()
            current_holder.set(holder)

        if holds and self.is_exhausted():
            record = self._create_connection()
            self.further.add(record)
        else:
            record = super()._do_get()

        self.holders[record] = holder
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        # Something may have interrupted the thread before it was noted.
        self.holders.pop(record, None)
        if record in self.further:
            self.further.remove(record)
            record.close()
        else:
            super()._do_return_conn(record)

    def is_exhausted(self) -> bool:
        return self._pool.empty() and 0 <= self._max_overflow <= self._overflow
