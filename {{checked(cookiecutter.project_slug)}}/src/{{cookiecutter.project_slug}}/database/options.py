"""Options of an engine, put together from several places.

Tested in ``tests/database/test_options.py``.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.pool import QueuePool

TOGETHER = ("connect_args", "execution_options")

FOR_A_QUEUE = {"max_overflow", "pool_size", "pool_timeout"}


def merged(ours: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options for :func:`sqlalchemy.create_engine`.

    :param ours: without those that the pool of ``given`` does not take.
    :param given: these go first, also within ``connect_args`` and
        ``execution_options``.
    """
    if not issubclass(given.get("poolclass") or QueuePool, QueuePool):
        ours = {name: ours[name] for name in ours.keys() - FOR_A_QUEUE}

    together = {
        name: {**ours.get(name, {}), **(given.get(name) or {})}
        for name in TOGETHER
        if name in ours.keys() | given.keys()
    }
    return {**ours, **given, **together}
