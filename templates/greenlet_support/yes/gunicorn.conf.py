"""Gunicorn answers every request on a greenlet of its own."""

import os

from dotenv import find_dotenv
from dotenv import load_dotenv

import {{ cookiecutter.project_slug }}.greenlets  # noqa: F401  (patches when imported)

load_dotenv(find_dotenv(usecwd=True))

wsgi_app = "{{ cookiecutter.project_slug }}.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"
worker_connections = int(os.environ.get("WORKER_CONNECTIONS", "100"))
{%- if cookiecutter.__kind == "server" %}

# A connection for every fifth greenlet: a request needs one for a part of its time, and
# waits its turn. The server must allow workers * pool size.
os.environ.setdefault("DATABASE_POOL_SIZE", str(max(1, worker_connections // 5)))
{%- endif %}
