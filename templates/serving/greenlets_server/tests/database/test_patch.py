"""A patch that comes too late is refused, as the driver would block every greenlet."""

import importlib

import pytest

from my_flask_app import greenlets


def test_after_the_driver_was_imported_a_patch_is_refused() -> None:
    with pytest.raises(RuntimeError, match=f"{greenlets.DRIVER} was imported before"):
        importlib.reload(greenlets)
