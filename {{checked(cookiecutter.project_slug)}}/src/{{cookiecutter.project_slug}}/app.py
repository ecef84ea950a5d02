"""The application, put together from its parts."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from . import errors
from . import my_feature
from .config import load_config
from .database import db
from .env_file import instance_folder
from .ops.parts import init_ops


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return a new application.

    :param config: settings that are not to come from the environment, such as
        ``{"SQLALCHEMY_DATABASE_URI": "..."}``.
    :raises ConfigError: if a setting is missing or cannot be used.
    """
    app = Flask(__name__, instance_path=str(instance_folder()))
    app.config.from_mapping(load_config(config or {}))
    db.init_app(app)
    errors.init_app(app)
    app.register_blueprint(my_feature.blueprint)
    init_ops(app)
    return app
