"""The extension that Cookiecutter loads: what Jinja cannot do by itself."""

import subprocess

from jinja2 import Environment
from jinja2.ext import Extension

from . import callers
from . import questions
from .answers import accepted
from .answers import Refused
from .asking import accept
from .asking import begin
from .catalogue import without_header
from .names import default_slug
from .text import compose_string
from .text import dotenv_value
from .text import html_text
from .text import toml_string
from .tree import chosen
from .tree import chosen_text
from .tree import database
from .tree import feature
from .tree import fill_in
from .writing import checked
from .writing import private

# What git calls the answers that it knows.
GIT_NAMES = {"author_name": "user.name", "author_email": "user.email"}


def git_config(default: str, question: str) -> str:
    """Return what git knows, if it is an answer to a question, or the default."""
    command = ["git", "config", "--get", GIT_NAMES[question]]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
        return accepted(question, result.stdout.strip(), {}) or default
    except (OSError, Refused, UnicodeDecodeError):
        return default


FILTERS = (
    compose_string,
    default_slug,
    dotenv_value,
    git_config,
    html_text,
    toml_string,
)
GLOBALS = (
    accept,
    begin,
    checked,
    chosen,
    chosen_text,
    database,
    feature,
    private,
)


class ProjectFiles(Extension):
    """Offers functions by their names, and renders nothing that somebody has typed."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if environment.variable_start_string + environment.block_start_string != "{{{%":
            callers.end(
                "_jinja2_env_vars belongs to the template, and cannot be changed."
            )

        environment.filters |= {it.__name__: it for it in FILTERS}
        environment.globals |= {it.__name__: it for it in GLOBALS}

    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        if filename is not None:
            return fill_in(without_header(source))
        # With a loader, Cookiecutter renders the paths of files.
        if self.environment.loader or is_own(source):
            return source

        # Cookiecutter renders answers, too, as they come from the command line.
        return f"{{{{ {ascii(source)} }}}}"


def is_own(source: str) -> bool:
    """Tell whether a text is the template's own, and not an answer."""
    name = callers.prompt().get("key")
    if name is None:
        return source in questions.sources()

    # Between two questions, the first may be asked again.
    own = (questions.config().get(name), questions.config().get(name.lstrip("_")))
    return source in own
