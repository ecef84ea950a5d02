"""What the environment says about the engine.

Tested in ``tests/test_config.py``.
"""

import os
from collections.abc import Mapping
from typing import Any

from ..environment import ConfigError
from ..environment import number
from .options import merged


def engine_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of :func:`sqlalchemy.create_engine`.

    ``DATABASE_TIMEOUT`` is how many seconds a transaction waits for its turn to write,
    and ``DATABASE_SYNCHRONOUS`` whether the disk has it when a commit returns.

    :param given: options that go first.
    :raises ConfigError: if a setting cannot be used.
    """
    ours = {
        "pool_size": 8,
        "pool_timeout": number("DATABASE_TIMEOUT", default=30),
        "execution_options": {"sqlite_synchronous": synchronous()},
    }
    return merged(ours, given)


def synchronous() -> str:
    value = os.environ.get("DATABASE_SYNCHRONOUS", "FULL")
    if value not in ("FULL", "NORMAL"):
        raise ConfigError(
            f"DATABASE_SYNCHRONOUS is {value!r}; it must be FULL or NORMAL"
        )

    return value
