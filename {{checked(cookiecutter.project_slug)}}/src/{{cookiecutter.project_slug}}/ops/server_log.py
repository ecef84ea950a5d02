"""What Gunicorn writes has the format of what the application does.

Tested in ``tests/ops/test_request_log.py``.
"""

import logging
import os
from typing import Any

from gunicorn import glogging  # type: ignore[import-untyped]

from . import logs


class Logger(glogging.Logger):  # type: ignore[misc]
    """Writes its own lines, and those of the application, to one place."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        development = (os.environ | cfg.env).get("ENVIRONMENT") == "development"
        for handler in self.error_log.handlers:
            text = logs.TextFormatter(logs.TEXT)
            handler.setFormatter(text if development else logs.JsonFormatter())

        package = __name__.partition(".")[0]
        logging.getLogger(package).setLevel(self.loglevel)
        # Otherwise each pool would say what it does.
        logging.getLogger(f"{package}.database").setLevel(logging.WARNING)
        logging.root.handlers = self.error_log.handlers
        logging.captureWarnings(True)
