"""What is asked, from ``cookiecutter.json``."""

import json
from functools import cache
from typing import Any

from .catalogue import ROOT


@cache
def config() -> dict[str, Any]:
    """Return what is in ``cookiecutter.json``."""
    found: dict[str, Any] = json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))
    return found


@cache
def names() -> list[str]:
    """Return the names of the questions, in their order."""
    return [name for name in config() if not name.startswith("_")]


def choices() -> dict[str, list[str]]:
    """Return what can be chosen, by the names of questions; the default is first."""
    found: dict[str, list[str]] = config()["_choices"]
    return found


@cache
def sources() -> frozenset[str]:
    """Return the texts that Cookiecutter is to render besides questions and files.

    These are the hooks, and the name of the folder of a project.
    """
    hooks = (path.read_text("utf-8") for path in (ROOT / "hooks").glob("*.py"))
    folders = (path.name for path in ROOT.iterdir() if path.is_dir())
    return frozenset([*hooks, *folders])
