"""Importing this module applies gevent's monkey patch.

gevent replaces what blocks in the standard library. A module that was imported before
may keep the blocking functions and stop every greenlet of the process, so this one is
imported first: by ``gunicorn.conf.py``, and by the tests.
"""

from gevent import monkey

monkey.patch_all()
