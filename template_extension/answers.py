"""Which answers are accepted, and how they are kept."""

import re
from collections.abc import MutableMapping
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Any

from . import passwords
from . import questions
from .catalogue import dialects
from .catalogue import drivers_of
from .databases import read_database
from .names import default_slug
from .names import is_slug
from .names import SLUG_LENGTH
from .names import taken
from .text import CONTROL
from .text import is_address
from .urls import masked

TEXT_LENGTH = 200

Answers = MutableMapping[str, Any]


class Refused(ValueError):
    """An answer cannot work; the text is one line that says what is accepted.

    :param likely: an answer that works, and may have been meant.
    :param instead: another database URL, with which the answer would work.
    """

    def __init__(self, line: str, likely: str = "", instead: str = "") -> None:
        super().__init__(line)
        self.likely = likely
        self.instead = instead


def accepted(
    name: str, given: object, answers: Answers, before: Refused | None = None
) -> str:
    """Return an answer as it is kept.

    :param name: the name of the question.
    :param answers: those before, by their names.
    :param before: why the same question is asked again.
    :raises Refused: if it cannot work.
    """
    if name == "greenlet_support":
        return _greenlets(_choice(name, given), answers, before)
    if name in questions.choices():
        return _choice(name, given)
    if name == "database_url":
        return _url(str(given), str(answers["project_slug"]))
    if name == "project_slug":
        return _slug(given)
    if name == "author_email":
        return _address(_text(name, given))

    return _text(name, given)


def _text(name: str, given: object) -> str:
    if not isinstance(given, str) or CONTROL.search(given):
        raise Refused(
            f"{name} is {given!r}; it must be one line without control characters.",
            CONTROL.sub(" ", given).strip() if isinstance(given, str) else "",
        )
    if len(given) > TEXT_LENGTH:
        raise Refused(
            f"{name} has {len(given)} characters; it must have at most {TEXT_LENGTH}.",
            given[:TEXT_LENGTH],
        )
    if name == "project_name" and not given.strip():
        raise Refused(f"{name} is {given!r}; it must not be blank.")

    return given


def _address(given: str) -> str:
    if given and not is_address(given):
        _, likely = parseaddr(given)
        raise Refused(
            f"author_email is {given!r}; it must be an email address in ASCII, such as"
            " 'you@example.com', or nothing.",
            likely if is_address(likely) else "",
        )

    return given


def _slug(given: object) -> str:
    likely = default_slug(given)
    if not isinstance(given, str) or not is_slug(given):
        raise Refused(
            f"project_slug is {given!r}; it must be at most {SLUG_LENGTH} lower-case"
            f" letters, digits and underscores, the first a letter, as in {likely!r}.",
            likely,
        )
    if given in taken():
        raise Refused(
            f"project_slug is {given!r}, which is taken by Python, by a package that"
            f" the project needs or by its tests; use another, such as {likely!r}.",
            likely,
        )

    return given


def _choice(name: str, given: object) -> str:
    choices = questions.choices()[name]
    text = str(given).strip().lower()
    names = {choice.lower(): choice for choice in choices}
    if set(choices) == {"yes", "no"}:
        names |= {"y": "yes", "n": "no"}

    numbers = {str(number): choice for number, choice in enumerate(choices, 1)}
    if text in names | numbers:
        return (names | numbers)[text]

    close = [it for it in names if text and it.startswith(text)]
    close = close or get_close_matches(text, names, 1)
    listed = " or ".join(f"{number} ({choice})" for number, choice in numbers.items())
    raise Refused(
        f"{name} is {given!r}; it must be {listed}.", names[close[0]] if close else ""
    )


def _greenlets(choice: str, answers: Answers, before: Refused | None) -> str:
    """Refuse greenlets where the driver blocks; said twice, they get another driver."""
    url = passwords.reveal(str(answers["database_url"]))
    database = read_database(url)
    if choice != "yes" or not database.blocking:
        return choice
    if before and before.instead:
        answers["database_url"] = before.instead
        return choice

    driver, instead = database.driver.name, database.driver.instead
    line = f"greenlet_support is 'yes', but {driver!r} blocks all greenlets"
    if not instead:
        raise Refused(f"{line}, like every driver for {database.dialect_name!r}.", "no")

    better = passwords.hide(database.url.replace(f"+{driver}:", f"+{instead}:", 1))
    raise Refused(
        f"{line}: {database.blocking}; 'yes' once more does so.", "no", better
    )


def _url(given: str, slug: str) -> str:
    url = passwords.reveal(given)
    try:
        return passwords.hide(url)
    except ValueError as reason:
        likely = _likely_url(url)
        line = f"database_url is {masked(url)!r}; {reason}"
        if likely:
            likely = passwords.hide(likely)
            raise Refused(f"{line}. Is {likely!r} meant?", likely) from None

        raise Refused(f"{line}{_example(url, slug)}.") from None


def _likely_url(url: str) -> str:
    """Return a URL that works and differs in what people get wrong, or nothing."""
    for candidate in _candidates(url.strip()):
        try:
            passwords.hide(candidate)
        except ValueError:
            continue

        return candidate

    return ""


def _candidates(url: str) -> list[str]:
    scheme, found, rest = url.partition("://")
    if not found:
        is_file = re.fullmatch(r"[\w./-]+\.(?:db|sqlite3?)", url)
        return [f"sqlite:///{url}"] if is_file else []

    name, _, driver = scheme.lower().partition("+")
    names = get_close_matches(name, dialects(), 1)
    drivers = drivers_of(dialects()[names[0]]) if names else []
    close = get_close_matches(driver, drivers, 1) if driver else []
    return [f"{'+'.join(names + close)}://{rest}"] if names else []


def _example(url: str, slug: str) -> str:
    """Return an example for somebody who has given a name instead of a URL."""
    names = get_close_matches(url.strip().lower(), dialects(), 1)
    if not names or names[0] == "sqlite":
        return ""

    return f", as in '{names[0]}://user:password@localhost/{slug}'"
