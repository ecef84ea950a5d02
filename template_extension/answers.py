"""What is asked, and whether the answers can work."""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from cookiecutter.exceptions import FailedHookException

from .databases import read_database
from .names import default_slug
from .names import is_slug
from .names import SLUG_LENGTH
from .names import TAKEN
from .text import CONTROL
from .urls import masked

TEXTS = ("project_name", "description", "author_name", "author_email")


def check_answers(answers: Mapping[str, Any]) -> str:
    """Return nothing, or end the run with a line for each answer that is refused."""
    problems = list(_problems(answers))
    if problems:
        raise FailedHookException("\n".join(problems))
    return ""


def _problems(answers: Mapping[str, Any]) -> Iterator[str]:
    for name in TEXTS:
        yield from _text_problems(name, answers[name])
    yield from _slug_problems(answers["project_slug"])
    for name, accepted in answers["_choices"].items():
        if answers[name] not in accepted:
            choices = " or ".join(map(repr, accepted))
            yield f"{name} is {answers[name]!r}; it must be {choices}."
    yield from _url_problems(str(answers["database_url"]), answers["greenlet_support"])


def _text_problems(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or CONTROL.search(value):
        yield f"{name} is {value!r}; it must be one line without control characters."
    elif name == "project_name" and not value.strip():
        yield f"{name} is {value!r}; it must not be blank."


def _slug_problems(slug: object) -> Iterator[str]:
    if not is_slug(slug):
        yield (
            f"project_slug is {slug!r}; it must be at most {SLUG_LENGTH} lower-case"
            f" letters, digits and underscores, as in {default_slug(slug)!r}."
        )
    elif slug in TAKEN:
        yield (
            f"project_slug is {slug!r}, which is taken by Python or by a package that"
            f" the project needs; use another, such as {default_slug(slug)!r}."
        )


def _url_problems(url: str, greenlets: str) -> Iterator[str]:
    try:
        found = read_database(url)
    except ValueError as reason:
        yield _refused_url(url, reason)
        return
    if greenlets == "yes" and found.blocking:
        driver = found.driver.name
        yield _refused_url(url, f"{driver!r} blocks all greenlets: {found.blocking}")


def _refused_url(url: str, reason: object) -> str:
    return f"database_url is {masked(url)!r}; {reason}."
