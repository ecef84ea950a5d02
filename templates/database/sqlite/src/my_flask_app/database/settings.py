"""What the environment says about the engine.

Tested in ``tests/test_config.py``.
"""

from collections.abc import Mapping
from typing import Any

from ..environment import number
from .options import merged


def engine_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of :func:`sqlalchemy.create_engine`.

    ``DATABASE_TIMEOUT`` is how many seconds a transaction waits for its turn to write.

    :param given: options that go first.
    :raises ConfigError: if the setting cannot be used.
    """
    timeout = number("DATABASE_TIMEOUT", default=30)
    return merged({"pool_size": 8, "pool_timeout": timeout}, given)
