"""What the environment says about the engine.

Tested in ``tests/test_config.py`` and ``tests/database/test_pooler.py``.
"""

import os
from collections.abc import Mapping
from typing import Any

from ..environment import ConfigError
from ..environment import number
from . import driver
from . import waiting
from .options import merged


def engine_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of :func:`sqlalchemy.create_engine`.

    ``DATABASE_POOL_SIZE`` is how many connections are kept, ``DATABASE_TIMEOUT`` how
    many seconds a request waits for one, and a statement for a lock. With
    ``DATABASE_POOLER=yes``, the URL may lead to PgBouncer in transaction mode, or the
    like, which lends one connection of the server to many: nothing is set there, so
    statements wait for locks without a limit.

    :param given: options that go first.
    :raises ConfigError: if a setting cannot be used.
    """
    pooler = flag("DATABASE_POOLER")
    timeout = number("DATABASE_TIMEOUT", default=30)
    ours = {
        "pool_size": number("DATABASE_POOL_SIZE", default=8),
        "pool_timeout": timeout,
        "connect_args": driver.POOLER_CONNECT_ARGS if pooler else {},
        "execution_options": {} if pooler else {waiting.OPTION: timeout},
    }
    return merged(ours, given)


def flag(name: str) -> bool:
    """Return whether the environment variable ``name`` is ``yes``.

    :raises ConfigError: if it is neither that, nor ``no``, nor missing.
    """
    text = os.environ.get(name, "no")
    if text not in ("no", "yes"):
        raise ConfigError(f"{name} is {text!r}; it must be yes or no")

    return text == "yes"
