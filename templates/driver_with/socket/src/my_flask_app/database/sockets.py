"""Whether a connection that is idle has something to read.

A server sends nothing on an idle connection, unless it ends the connection. Looking
costs no round trip, which SQLAlchemy's ``pool_pre_ping`` would for every request.
Tested in ``tests/database/test_sockets.py``.
"""

import select
from typing import Any


def is_readable(connection: Any) -> bool:
    """Tell whether there is something to read, or the socket has been closed.

    :param connection: a socket, or a connection with its method ``fileno``.
    """
    descriptor = connection.fileno()
    if descriptor == -1:
        return True

    if not hasattr(select, "poll"):  # Windows, whose select() takes any number.
        return bool(select.select([descriptor], [], [], 0)[0])

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
