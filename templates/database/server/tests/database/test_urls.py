"""A URL that this project cannot use is refused for the right reason."""

import pytest
from sqlalchemy import make_url

from my_flask_app.database import dialect
from my_flask_app.database import driver
from my_flask_app.database.urls import FINDS_PRIMARY
from my_flask_app.database.urls import parse_url

URL = make_url("{{ database().accepted_url }}")

if_they_are_known = pytest.mark.skipif(
    not driver.PARAMETERS, reason="the driver takes any parameter"
)


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
        (
            f"{URL.drivername}://{64 * 'a'}.example/name",
            "names the host 'a+.example', ",
        ),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_reason(
    url: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        parse_url(url)


@if_they_are_known
def test_several_hosts_are_refused_unless_the_driver_finds_the_primary() -> None:
    url = f"{URL.drivername}://me:secret@a:1,b:2/name?user=me"
    if FINDS_PRIMARY in driver.PARAMETERS:
        assert parse_url(url).query["host"] == ("a:1", "b:2")
        assert parse_url(url).database == "name"
    else:
        for text in (url, f"{URL.drivername}://a,b/name"):
            with pytest.raises(ValueError, match="^names several hosts, and"):
                parse_url(text)


@pytest.mark.skipif(not dialect.NEEDS_DATABASE, reason="the server has one")
def test_a_url_without_a_database_is_refused() -> None:
    with pytest.raises(ValueError, match="^names no database"):
        parse_url(URL.set(database=""))


@if_they_are_known
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("nonsense", "1", "has 'nonsense', which .* does not know; leave it out"),
        ("userr", "me", "has 'userr', which .* does not know; did you mean 'user'"),
        ("pgbouncer", "true", ".* leave it out; psycopg needs DATABASE_POOLER=yes"),
        ("ssl-mode", "sometimes", "has 'ssl-mode', which must be one of disable, "),
        ("ssl_ca", "/missing", "has '.*', which must name a file; '/missing' is none"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused_in_one_line(
    name: str, value: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}") as refused:
        parse_url(URL.set(query={"user": "me", name: value}))

    assert len(str(refused.value).splitlines()) == 1
    assert "password" not in str(refused.value)


@if_they_are_known
@pytest.mark.parametrize(
    "query",
    [
        {"ssl-mode": "REQUIRED"},
        {"sslmode": "require"},
        {"sslMode": "REQUIRED"},
        {"ssl": "true"},
        {"ssl": '{"rejectUnauthorized": false}'},
        {"useSSL": "true", "verifyServerCertificate": "false"},
        {"sslmode": "require", "uselibpqcompat": "true", "supa": "base-pooler.x"},
        {"sslaccept": "accept_invalid_certs", "reconnect": "true"},
    ],
)
def test_encryption_is_asked_for_in_the_words_of_many(query: dict[str, str]) -> None:
    url = parse_url(URL.set(query=query))
    assert url.query == driver.TLS["require"]
    assert parse_url(url) == url


@if_they_are_known
@pytest.mark.parametrize(
    "query",
    [
        {"ssl-mode": "VERIFY_IDENTITY", "ssl-ca": __file__},
        {"sslmode": "verify-full", "sslrootcert": __file__},
        {"sslaccept": "strict", "ssl_ca": __file__},
        {"ssl": '{"rejectUnauthorized":true}', "sslrootcert": __file__},
        {
            "ssl_ca": __file__,
            "ssl_verify_cert": "true",
            "ssl_verify_identity": "true",
            "ssl_disabled": "false",
        },
    ],
)
def test_a_server_is_verified_in_the_words_of_many(query: dict[str, str]) -> None:
    url = parse_url(URL.set(query=query))
    assert url.query == {**driver.TLS["verify-full"], driver.FILES[0]: __file__}
    assert parse_url(url) == url


@if_they_are_known
def test_an_authority_that_is_named_is_asked() -> None:
    url = parse_url(URL.set(query={"sslmode": "require", "ssl_ca": __file__}))
    assert url.query == {**driver.TLS["verify-ca"], driver.FILES[0]: __file__}


@if_they_are_known
def test_what_the_driver_knows_is_left_to_it() -> None:
    known = dict.fromkeys(set(driver.PARAMETERS.split()), "1")
    query = {name: it for name, it in known.items() if not name.startswith("ssl")}
    assert parse_url(URL.set(query=query)).query == query
