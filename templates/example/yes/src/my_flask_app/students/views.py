from flask import abort
from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..database import db
from ..models import Student
from .forms import DeleteForm
from .forms import StudentForm

blueprint = Blueprint("students", __name__, template_folder="templates")

# No number above this fits into the column.
STUDENT = "<int(max=2147483647):student_id>"


@blueprint.get("/")
def index() -> ResponseReturnValue:
    students = db.session.scalars(select(Student).order_by(Student.name, Student.id))
    return render_template("students/index.html", students=students.all())


@blueprint.route("/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    return edit_form("Add a student", Student())


@blueprint.route(f"/{STUDENT}/edit", methods=["GET", "POST"])
def edit(student_id: int) -> ResponseReturnValue:
    return edit_form("Edit a student", get_student(student_id))


@blueprint.route(f"/{STUDENT}/delete", methods=["GET", "POST"])
def delete(student_id: int) -> ResponseReturnValue:
    student = get_student(student_id)
    form = DeleteForm()
    if form.validate_on_submit():
        db.session.delete(student)
        db.session.commit()
        return redirect(url_for(".index"))

    return render_template("students/delete.html", form=form, student=student)


def get_student(student_id: int) -> Student:
    student = db.session.get(Student, student_id)
    if student is None:
        abort(404)

    return student


def edit_form(title: str, student: Student) -> ResponseReturnValue:
    form = StudentForm(obj=student)
    if form.validate_on_submit():
        form.populate_obj(student)
        db.session.add(student)
        try:
            db.session.commit()
            return redirect(url_for(".index"))
        except IntegrityError:
            db.session.rollback()
            form.email.errors = ["Another student has this address."]

    return render_template("students/edit.html", title=title, form=form)
