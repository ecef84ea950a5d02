"""Only a project's own file .env counts."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.pool import NullPool

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import url_of


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("flask", "db", "upgrade"), "comes from {above}, which is not of this"),
        (("pytest", "tests/test_app.py"), "DATABASE_URL is not set"),
    ],
    ids=["flask", "pytest"],
)
def test_the_settings_of_a_folder_above_are_none_of_the_projects(
    request: pytest.FixtureRequest,
    bake: Bake,
    layer: str,
    command: tuple[str, ...],
    reason: str,
) -> None:
    url = url_of("PostgreSQL", request)
    driver_url = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(driver_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE precious (id INTEGER)"))

    project = bake(database_url="postgresql://me@localhost/app", sqlalchemy_layer=layer)
    (project.path / ".env").unlink()
    above = project.path.parent / ".env"
    settings = {"DATABASE_URL": url, "TEST_DATABASE_URL": url, "SECRET_KEY": "another"}
    above.write_text("".join(f"{name}={it}\n" for name, it in settings.items()))
    result = project.try_python("-m", *command)
    assert result.returncode == 1
    assert reason.format(above=above) in result.stdout
    assert "Traceback" not in result.stdout
    assert inspect(engine).get_table_names() == ["precious"]
