"""A URL that this project cannot use is refused for the right reason."""

import pytest
from sqlalchemy import make_url

from my_flask_app.database.urls import parse_url

URL = make_url("{{ database().accepted_url }}")


def test_the_driver_of_the_project_is_added() -> None:
    bare = URL.set(drivername=URL.drivername.partition("+")[0])
    assert parse_url(bare) == parse_url(str(URL.render_as_string(False))) == URL


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "is not a URL; it must start with "),
        ("other://localhost/name", "starts with other://; it must start with "),
        (f"{URL.drivername}://localhost:port/name", "has a port that is not a number"),
        (
            URL.set(drivername=URL.drivername + "3").render_as_string(False),
            "names the driver '",
        ),
        (str(URL), "has \\*\\*\\* in place of the password"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(
    url: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        parse_url(url)
