"""The database: ``db.session`` and ``db.engine`` of the current application.

This package is the machinery, which nobody needs to edit. Each module says what it
promises; ``tests/database/`` has the tests.
"""

from ..models import Base
from .safe_requests import SafeRequestsDatabase

__all__ = ["Base", "db"]

db = SafeRequestsDatabase(Base)
