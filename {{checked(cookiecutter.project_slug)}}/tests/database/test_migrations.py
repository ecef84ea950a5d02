from flask import Flask


def test_the_migrations_lead_to_the_models_and_back(unmigrated_app: Flask) -> None:
    runner = unmigrated_app.test_cli_runner()
    for command in ("upgrade", "check", "downgrade base", "upgrade", "check"):
        result = runner.invoke(args=["db", *command.split()])
        assert result.exit_code == 0, result.output


def test_an_unknown_revision_is_no_traceback(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "upgrade", "nowhere"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
