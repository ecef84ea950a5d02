"""The application of a generated project, with four more pages."""

import time

from flask import Flask
from sqlalchemy import select

from benchmarks.applications.pages import add_pages
from my_flask_app import app as project
from my_flask_app.database import db
from my_flask_app.models import Student


def create_app() -> Flask:
    app: Flask = project.create_app()
    add_pages(app, db, Student)
    students = Student.__table__

    @app.get("/rows/<int:student_id>")
    def show_row(student_id: int) -> dict[str, object]:
        statement = select(students).where(students.c.id == student_id)
        student = db.session.execute(statement).one()
        return {"id": student.id, "name": student.name, "email": student.email}

    @app.post("/students/<int:student_id>/<int:milliseconds>")
    def rename(student_id: int, milliseconds: int) -> str:
        student = db.session.get_one(Student, student_id)
        time.sleep(milliseconds / 1000)
        student.name = student.name[::-1]
        db.session.commit()
        return ""

    return app
