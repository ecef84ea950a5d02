"""Importing this module applies gevent's monkey patch.

gevent replaces what blocks in the standard library. A module that was imported before
may keep the blocking functions and stop every greenlet of the process, so this one is
imported first: by ``gunicorn.conf.py``, and by the tests.
"""

import sys

from gevent import monkey

DRIVER = "{{ database().driver.module }}"

if DRIVER in sys.modules:
    raise RuntimeError(
        f"{DRIVER} was imported before gevent could patch what it waits with, and"
        " would block every greenlet; import this module first"
    )

monkey.patch_all()
