"""The processes of pytest-xdist.

Between tests, such a process waits for a thread that gevent does not know. gevent
raises ``LoopExit`` when it knows of nothing to come, so here a timer always is.
"""

import os

from gevent import get_hub

# The name of this process, if pytest-xdist runs several.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

TIMER = get_hub().loop.timer(60, 60)
if WORKER:
    TIMER.start(lambda: None)
