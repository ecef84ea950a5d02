"""Gunicorn answers every request on a greenlet of its own."""

import os

import my_flask_app.greenlets  # noqa: F401  (patches when imported)
from my_flask_app.env_file import Hidden
from my_flask_app.env_file import missing_settings
from my_flask_app.environment import in_one_line
from my_flask_app.environment import number

with in_one_line():
    # What the file .env adds to the environment; Gunicorn reads it again on HUP.
    added = missing_settings()
    settings = os.environ | added
    port = number("PORT", 5000, 65535, settings=settings)
    workers = number("WEB_CONCURRENCY", 2, settings=settings)
    worker_connections = number("WORKER_CONNECTIONS", 100, settings=settings)
{%- if database().kind == "server" %}
    # A connection for every fifth greenlet: a request needs one for a part of its time,
    # and waits its turn. The server must allow workers * pool size.
    share = max(1, worker_connections // 5)
    pool_size = number("DATABASE_POOL_SIZE", share, settings=settings)
    added["DATABASE_POOL_SIZE"] = str(pool_size)
{%- endif %}

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{settings.get('HOST', '127.0.0.1')}:{port}"
worker_class = "gevent"
# A proxy on this machine may pass on what any client writes into these headers. What
# proxies say is read by the application, if there are PROXIES.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
raw_env = [Hidden(f"{name}={value}") for name, value in added.items()]

# What a worker has begun is finished before the 30 seconds of container platforms end.
graceful_timeout = 25
timeout = 30

# A new process takes over now and then, so that a leak of memory stays small.
max_requests = 100_000
max_requests_jitter = 10_000

logger_class = "my_flask_app.ops.server_log.Logger"

# Gunicorn's default is in the home folder, where projects would share it.
control_socket_disable = True

# In memory where it can be: in a container, the tree may be read-only and slow.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
