"""How methods of an engine's dialect are wrapped.

Listening to events instead would make every statement slower by far.

Tested in ``tests/database/test_connections.py``.
"""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event

# Each is called with a cursor first, and an ExecutionContext last.
EXECUTE = ("do_execute", "do_executemany", "do_execute_no_params")

Method = Callable[..., None]


def wrap(
    engine: Engine, names: Iterable[str], wrapper: Callable[[Method], Method]
) -> None:
    """Put a wrapper around methods of an engine's dialect, after its first connect."""

    def set_methods(*_: Any) -> None:
        for name in names:
            setattr(engine.dialect, name, wrapper(getattr(engine.dialect, name)))

    # Before that, SQLAlchemy asks the server what it is, on a connection without info.
    event.listen(engine, "connect", set_methods, once=True)
