import pytest

from template_extension.databases import read_database


def test_a_database_is_described_as_files_write_it() -> None:
    found = read_database("mariadb://me:p%40ss@localhost/shop")

    assert found.url == "mariadb+pymysql://me:p%40ss@localhost/shop"
    assert found.url_without_secrets == "mariadb+pymysql://me:password@localhost/shop"
    assert (found.dialect_name, found.dialect.folder) == ("mariadb", "mysql")
    assert (found.driver.name, found.kind) == ("pymysql", "server")
    assert (found.username, found.password) == ("me", "p@ss")
    assert (found.port, found.database_name) == ("3306", "shop")


def test_a_driver_may_need_more_where_greenlets_serve() -> None:
    found = read_database("postgresql+psycopg2://h/d")

    assert found.requirements(greenlets=False) == ["psycopg2-binary>=2.9.10,<3"]
    assert found.requirements(greenlets=True) == [
        "psycopg2-binary>=2.9.10,<3",
        "psycogreen>=1.0.2,<2",
    ]


@pytest.mark.parametrize("url", ["sqlite:///a.db", "mysql://h/d", "oracle://h/d"])
def test_of_the_two_urls_for_tests_one_is_of_another_kind(url: str) -> None:
    found = read_database(url)

    assert read_database(found.accepted_url).dialect_name == found.dialect_name
    assert read_database(found.refused_url).dialect_name != found.dialect_name


@pytest.mark.parametrize(
    ("url", "image"),
    [
        ("sqlite:///a.db", ""),
        ("postgresql:///d", ""),
        ("postgresql://u@localhost/d", ""),
        ("postgresql://u:p@/d", "postgres:18"),
        ("postgresql://u:p@localhost/d", "postgres:18"),
        ("mysql://u:p@127.0.0.1:3307/d", "mysql:8.4"),
        ("mariadb://u:p@localhost/d", "mariadb:11.8"),
        ("postgresql://u:p@[::1]/d", "postgres:18"),
        ("postgresql://u:p@/d?host=/run/postgresql", ""),
        ("mysql://u:p@localhost/d?unix_socket=/run/mysqld/mysqld.sock", ""),
        ("postgresql://u:p@db.example.com/d", ""),
        ("mssql://u:p@localhost/d", ""),
    ],
)
def test_a_container_can_be_a_server_with_a_password_on_this_machine(
    url: str, image: str
) -> None:
    assert read_database(url).image == image
