"""The first page."""

from .views import blueprint

__all__ = ["blueprint"]
