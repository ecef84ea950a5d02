from flask import Blueprint
from flask import render_template
from flask.typing import ResponseReturnValue

blueprint = Blueprint("welcome", __name__, template_folder="templates")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    return render_template("welcome/index.html")
