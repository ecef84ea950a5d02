"""Students: a list, and pages to add, edit and delete one."""

from .views import blueprint

__all__ = ["blueprint"]
