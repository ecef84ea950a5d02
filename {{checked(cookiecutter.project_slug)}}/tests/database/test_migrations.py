import pytest
from flask import Flask


@pytest.mark.parametrize(
    "command",
    [["check"], ["downgrade", "base"], ["upgrade"], ["check"]],
    ids=" ".join,
)
def test_the_migrations_lead_to_the_models_and_back(
    app: Flask, command: list[str]
) -> None:
    result = app.test_cli_runner().invoke(args=["db", *command])
    assert result.exit_code == 0, result.output


def test_an_unknown_revision_is_no_traceback(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "upgrade", "nowhere"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
