"""A statement that is too long is known by its length."""

import pytest

from my_flask_app.database.packets import length_of


@pytest.mark.parametrize(
    ("parameters", "length"),
    [
        (None, 0),
        ((), 0),
        (("ж", b"x"), 4),
        ({"one": "it's", "other": None}, 9),
        ([("x",), ("xyz",)], 3),
        ([], 0),
    ],
)
def test_the_length_is_that_of_the_longest_row(parameters: object, length: int) -> None:
    assert length_of("SELECT", parameters) == 6 + length
