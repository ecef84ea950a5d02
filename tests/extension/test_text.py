import sys

import pytest
from jinja2 import Environment

from template_extension.text import compose_string
from template_extension.text import dotenv_value
from template_extension.text import html_text
from template_extension.text import toml_string
from tests.extension.samples import ODD_TEXTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.mark.parametrize("text", [t for t in ODD_TEXTS if t != "\ud800"])
def test_a_toml_string_is_read_back(text: str) -> None:
    assert tomllib.loads(f"text = {toml_string(text)}") == {"text": text}


def test_a_toml_string_keeps_what_needs_no_escape() -> None:
    assert toml_string('it\'s 🦆 \\ "é"') == '"it\'s 🦆 \\\\ \\"é\\""'


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_html_text_is_inert_in_a_jinja_template(text: str) -> None:
    rendered = Environment().from_string(f"<p>{html_text(text)}</p>").render()

    assert rendered == f"<p>{html_text(text)}</p>"
    assert not set(html_text(text)) & set("<>{}\"'")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", "''"),
        ("a b#c", "'a b#c'"),
        ('${HOME} `id` $(id) "', "'${HOME} `id` $(id) \"'"),
        ("back\\slash\\n", "'back\\slash\\n'"),
        ("it's", '"it\'s"'),
        ('it\'s "so" \\n $5', '"it\'s \\"so\\" \\\\n \\$5"'),
        ("end\\", '"end\\\\"'),
        ("naïve 🦆", "'naïve 🦆'"),
    ],
)
def test_a_value_is_quoted_as_compose_reads_it(value: str, written: str) -> None:
    assert dotenv_value(value) == written


def test_a_string_for_compose_is_not_interpolated() -> None:
    assert compose_string('a"$b') == '"a\\"$$b"'
