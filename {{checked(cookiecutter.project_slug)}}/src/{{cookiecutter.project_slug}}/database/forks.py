"""Child processes open connections of their own, as none can be shared.

Tested in ``tests/database/test_forks.py``.
"""

import os
from weakref import WeakSet

from sqlalchemy import Engine
from sqlalchemy import Pool

engines: WeakSet[Engine] = WeakSet()

# The pools of the parent process. If a driver's connection were freed in the child, it
# might tell the server that it ends, over the parent's socket.
inherited: list[Pool] = []


def forget_connections_after_fork(engine: Engine) -> None:
    engines.add(engine)


def forget_connections() -> None:
    for engine in engines:
        inherited.append(engine.pool)
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_connections)
