"""The application of a generated project, with one more page."""

from flask import Flask
from my_flask_app import app as project
from my_flask_app.database import db
from my_flask_app.models import Student


def create_app() -> Flask:
    app = project.create_app()

    @app.get("/students/<int:student_id>")
    def show(student_id: int) -> dict[str, object]:
        student = db.session.get_one(Student, student_id)
        return {"id": student.id, "name": student.name, "email": student.email}

    return app
