"""Passwords stay in memory, from the question to the file ``.env``.

What Cookiecutter and cruft store of an answer has stars in place of its secrets.
"""

from .urls import STARS
from .urls import take_apart
from .urls import with_secrets
from .urls import write

_urls: dict[str, str] = {}


def hide(url: str) -> str:
    """Remember a URL, and return it with stars in place of its secrets."""
    parts = take_apart(reveal(url))
    hidden = write(with_secrets(parts, STARS))
    _urls[hidden] = write(parts)
    return hidden


def reveal(url: str) -> str:
    """Return the URL as it was before it was hidden, as far as it is remembered."""
    return _urls.get(url, url)


def forget() -> None:
    _urls.clear()
