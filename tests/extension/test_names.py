import pytest

from template_extension.names import default_slug
from template_extension.names import is_slug
from template_extension.names import taken
from tests.extension.samples import ODD_TEXTS


@pytest.mark.parametrize("name", [*ODD_TEXTS, None, 7, *sorted(taken())])
def test_the_default_slug_is_always_accepted(name: object) -> None:
    slug = default_slug(name)

    assert is_slug(slug)
    assert slug not in taken()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Flask App", "my_flask_app"),
        ("Ärger & Söhne", "arger_sohne"),
        ("2048", "app_2048"),
        ("Flask", "flask_app"),
        ("🦆", "app"),
        ("x" * 29 + " y", "x" * 29),
    ],
)
def test_the_default_slug_stays_close_to_the_name(name: str, slug: str) -> None:
    assert default_slug(name) == slug
