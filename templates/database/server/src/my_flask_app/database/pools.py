"""A thread that holds a connection does not wait behind those that hold none.

A nested context needs a second connection. If requests held all of the pool, and each
waited for a second one, none could go on.

Tested in ``tests/database/test_pools.py``.
"""

from threading import get_ident
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.pool import QueuePool


class NestingQueuePool(QueuePool):
    """A queue that lends threads a further connection while they hold one.

    If there is none in the queue, it is opened, and closed when it comes back.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.holders: dict[ConnectionPoolEntry, int] = {}
        self.further: set[ConnectionPoolEntry] = set()

    def _do_get(self) -> ConnectionPoolEntry:
        thread = get_ident()
        if thread in self.holders.values() and self.is_exhausted():
            record = self._create_connection()
            self.further.add(record)
        else:
            record = super()._do_get()

        self.holders[record] = thread
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        del self.holders[record]
        if record in self.further:
            self.further.remove(record)
            record.close()
        else:
            super()._do_return_conn(record)

    def is_exhausted(self) -> bool:
        return self._pool.empty() and 0 <= self._max_overflow <= self._overflow
