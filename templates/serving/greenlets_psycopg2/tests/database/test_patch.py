"""A patch may come after the driver, which then waits with gevent all the same."""

from psycogreen.gevent import gevent_wait_callback
from psycopg2 import extensions  # type: ignore[import-untyped]


def test_the_driver_waits_with_gevent() -> None:
    assert extensions.get_wait_callback() is gevent_wait_callback
