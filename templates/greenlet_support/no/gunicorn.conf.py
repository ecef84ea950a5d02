"""Gunicorn answers every request on a thread of its own."""

import os

from dotenv import find_dotenv
from dotenv import load_dotenv

load_dotenv(find_dotenv(usecwd=True))

wsgi_app = "{{ cookiecutter.project_slug }}.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "8"))
{%- if cookiecutter.__kind == "server" %}

# A connection for every thread; all workers together take workers * threads of those
# that the server has.
os.environ.setdefault("DATABASE_POOL_SIZE", str(threads))
{%- endif %}
