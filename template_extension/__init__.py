"""What Jinja cannot do by itself, as an extension that Cookiecutter loads.

A refused answer ends the run with one line, before anything is written.
"""

from jinja2 import Environment
from jinja2.ext import Extension

from .answers import check_answers
from .catalogue import without_header
from .names import default_slug
from .text import compose_string
from .text import dotenv_value
from .text import html_text
from .text import is_address
from .text import toml_string
from .tree import chosen
from .tree import chosen_text
from .tree import database
from .tree import feature
from .tree import fill_in

FILTERS = (
    check_answers,
    compose_string,
    default_slug,
    dotenv_value,
    html_text,
    is_address,
    toml_string,
)
GLOBALS = (chosen, chosen_text, database, feature)

__all__ = ["ProjectFiles"]


class ProjectFiles(Extension):
    """Offers the functions of this package by their names."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters |= {it.__name__: it for it in FILTERS}
        environment.globals |= {it.__name__: it for it in GLOBALS}

    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        # What is not in a file is a path, or an answer, which is not to be changed.
        return source if filename is None else fill_in(without_header(source))
