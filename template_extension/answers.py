"""Which answers are accepted, and how they are kept."""

import re
from collections.abc import MutableMapping
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Any

from . import passwords
from . import questions
from .catalogue import dialects
from .catalogue import drivers
from .catalogue import drivers_of
from .databases import read_database
from .names import default_slug
from .names import is_slug
from .names import SLUG_LENGTH
from .names import taken
from .parameters import corrected
from .text import CONTROL
from .text import is_address
from .urls import masked
from .urls import take_apart

TEXT_LENGTH = 200

Answers = MutableMapping[str, Any]


class Refused(ValueError):
    """An answer cannot work; the text is one line that says what is accepted.

    :param likely: an answer that works, and may have been meant.
    :param instead: another database URL, with which the answer would work.
    :param hint: what a person who is asked again can do besides.
    """

    def __init__(
        self, line: str, likely: str = "", instead: str = "", hint: str = ""
    ) -> None:
        super().__init__(line)
        self.likely = likely
        self.instead = instead
        self.hint = hint


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
            f"{name} is {_shown(given)}; it must be one line without control"
            " characters.",
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


def _shown(given: object) -> str:
    return repr(_without_secrets(given))


def _without_secrets(given: object) -> object:
    """Return an answer as it may be shown; it may be the database URL."""
    return masked(given) if isinstance(given, str) and "://" in given else given


def _address(given: str) -> str:
    if given and not is_address(given):
        _, likely = parseaddr("" if "://" in given else given)
        raise Refused(
            f"author_email is {_shown(given)}; it must be an email address in ASCII,"
            " such as 'you@example.com'.",
            likely if is_address(likely) else "",
        )

    return given


def _slug(given: object) -> str:
    likely = default_slug(_without_secrets(given))
    if not isinstance(given, str) or not is_slug(given):
        raise Refused(
            f"project_slug is {_shown(given)}; it must be at most {SLUG_LENGTH}"
            " lower-case letters, digits and underscores, the first a letter, as in"
            f" {likely!r}.",
            likely,
        )
    if given in taken():
        raise Refused(
            f"project_slug is {given!r}, which is already used by Python, by a package"
            " that the project needs or by its tests; use another, such as"
            f" {likely!r}.",
            likely,
        )

    return given


def _choice(name: str, given: object) -> str:
    choices = questions.choices()[name]
    text = str(given).strip().lower()
    names = {choice.lower(): choice for choice in choices}
    if set(choices) == {"yes", "no"}:
        # YAML takes yes and no for true and false.
        names |= {"y": "yes", "n": "no", "true": "yes", "false": "no"}

    numbers = {str(number): choice for number, choice in enumerate(choices, 1)}
    if text in names | numbers:
        return (names | numbers)[text]

    close = [it for it in names if text and it.startswith(text)]
    close = close or get_close_matches(text, names, 1)
    listed = " or ".join(f"{number} ({choice})" for number, choice in numbers.items())
    raise Refused(
        f"{name} is {_shown(given)}; it must be {listed}.",
        names[close[0]] if close else "",
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
        raise Refused(
            f"{line}, like every driver for {database.dialect_name!r}; it must be"
            " 'no' for this database.",
            "no",
        )

    better = passwords.hide(database.url.replace(f"+{driver}:", f"+{instead}:", 1))
    hint = f"Answer 'yes' again to switch to {instead!r}."
    raise Refused(f"{line}: {database.blocking}.", "no", better, hint)


def _url(given: str, slug: str) -> str:
    url = passwords.reveal(given)
    try:
        return passwords.hide(url)
    except ValueError as reason:
        likely = _likely_url(url)
        line = f"database_url is {masked(url)!r}; {_example(url, slug) or reason}"
        if likely:
            likely = passwords.hide(likely)
            raise Refused(f"{line}. Did you mean {likely!r}?", likely) from None

        raise Refused(f"{line}.") from None


def _likely_url(url: str) -> str:
    """Return a URL that works and differs in what people get wrong, or nothing."""
    likely = _corrected(url.strip(" '\""))
    try:
        take_apart(likely)
    except ValueError:
        return ""

    return likely


def _corrected(url: str) -> str:
    """Return a URL with a dialect and a driver that there are, if it has any."""
    scheme, found, rest = url.partition("://")
    if not found:
        is_file = re.fullmatch(r"[\w./-]+\.(?:db|sqlite3?)", url)
        return f"sqlite:///{url}" if is_file else url

    name, _, driver = scheme.lower().partition("+")
    names = get_close_matches(name, dialects(), 1)
    if not names:
        return url

    drivers_by_name = _drivers_by_name(names[0])
    close = get_close_matches(driver, drivers_by_name, 1) if driver else []
    own = drivers()[drivers_by_name[close[0]] if close else dialects()[names[0]].driver]
    return (
        f"{'+'.join([*names, *(drivers_by_name[it] for it in close)])}://"
        f"{corrected(own, rest)}"
    )


def _drivers_by_name(dialect: str) -> dict[str, str]:
    """Return a dialect's drivers by their names, and by those of their packages."""
    names = drivers_of(dialects()[dialect])
    packages = {re.split(r"[\[<>=]", drivers()[it].requirement)[0]: it for it in names}
    return packages | {name: name for name in names}


def _example(url: str, slug: str) -> str:
    """Return an example for somebody who has given a name instead of a URL."""
    names = get_close_matches(url.strip().lower(), dialects(), 1)
    if not names or "://" in url:
        return ""

    start = "/" if names[0] == "sqlite" else "user:password@localhost/"
    end = ".db" if names[0] == "sqlite" else ""
    return f"it must be a URL, such as '{names[0]}://{start}{slug}{end}'"
