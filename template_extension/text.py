"""How text from outside is written into the files of a project."""

import html
import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.headerregistry import Address

# Line separators and lone surrogates count too: the first would break a heading, the
# second cannot be written as UTF-8.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def toml_string(text: str) -> str:
    """Return a TOML string, quotes included."""
    escaped = re.sub(r'["\\]', r"\\\g<0>", text)
    return '"' + CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped) + '"'


def is_address(text: str) -> bool:
    """Tell whether the build of a project takes the text as an email address."""
    try:
        return bool(text) and Address(addr_spec=text).addr_spec == text
    except (HeaderParseError, IndexError, ValueError):
        return False


def html_text(text: str) -> str:
    """Return the text for an HTML file that is itself a Jinja template."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def dotenv_value(value: str) -> str:
    """Return a quoted value as Docker Compose reads it from a ``.env`` file."""
    if "'" not in value and not value.endswith("\\"):
        return f"'{value}'"
    return '"' + re.sub(r'["\\$`]', r"\\\g<0>", value) + '"'


def compose_string(text: str) -> str:
    """Return a string for a Compose file, where a dollar sign is written twice."""
    return toml_string(text).replace("$", "$$")


def listed(names: Iterable[str]) -> str:
    """Return the names in quotes, as a sentence lists them."""
    quoted = [f"'{name}'" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
