"""Flask-SQLAlchemy with a round trip that checks each connection before its use."""

from flask import Flask

from benchmarks.applications import extension


def create_app() -> Flask:
    return extension.create_app(pool_pre_ping=True)
