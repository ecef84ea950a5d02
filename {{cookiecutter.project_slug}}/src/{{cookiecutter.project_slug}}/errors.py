"""The page that people see when something went wrong."""

from flask import Flask
from flask import render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_error)


def show_error(error: HTTPException) -> Response:
    response = error.get_response()
    response.content_type = "text/html; charset=utf-8"
    response.data = render_template("error.html", error=error)
    return response
