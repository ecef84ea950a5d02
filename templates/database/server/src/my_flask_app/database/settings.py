"""What the environment says about the engine.

Tested in ``tests/test_config.py``.
"""

from collections.abc import Mapping
from typing import Any

from ..environment import number
from . import waiting
from .options import merged


def engine_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of :func:`sqlalchemy.create_engine`.

    ``DATABASE_POOL_SIZE`` is how many connections are kept, ``DATABASE_TIMEOUT`` how
    many seconds a request waits for one, and a statement for a lock.

    :param given: options that go first.
    :raises ConfigError: if a setting cannot be used.
    """
    timeout = number("DATABASE_TIMEOUT", default=30)
    ours = {
        "pool_size": number("DATABASE_POOL_SIZE", default=8),
        "pool_timeout": timeout,
        "execution_options": {waiting.OPTION: timeout},
    }
    return merged(ours, given)
