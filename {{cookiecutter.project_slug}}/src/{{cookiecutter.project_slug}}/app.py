"""The application, put together from its parts."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from . import errors
from . import migrations
{%- if cookiecutter.__kind == "sqlite" %}
from . import safe_requests
{%- endif %}
from . import {{ cookiecutter.__feature }}
from .config import load_config
{%- if cookiecutter.__kind == "sqlite" %}
from .connections import INSTANCE
{%- endif %}
from .database import db


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return a new application.

    :param config: settings that are not to come from the environment, such as
        ``{"SQLALCHEMY_DATABASE_URI": "..."}``.
    :raises ConfigError: if a setting is missing or cannot be used.
    """
    app = Flask(__name__{{ ", instance_path=str(INSTANCE)" if cookiecutter.__kind == "sqlite" }})
    app.config.from_mapping(load_config(config or {}))
    db.init_app(app)
{%- if cookiecutter.__kind == "sqlite" %}
    safe_requests.init_app(app, db)
{%- endif %}
    migrations.init_app(app)
    errors.init_app(app)
    app.register_blueprint({{ cookiecutter.__feature }}.blueprint)
    return app
