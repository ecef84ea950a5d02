"""The pages that applications with a session have in common."""

import time
from typing import Any

from flask import Flask


def add_pages(app: Flask, db: Any, student_class: Any) -> None:
    """Let an application show a student, and note that one has visited it.

    :param db: has the session.
    """

    @app.get("/students/<int:student_id>")
    def show(student_id: int) -> dict[str, object]:
        student = db.session.get_one(student_class, student_id)
        return {"id": student.id, "name": student.name, "email": student.email}

    @app.get("/visits/<int:student_id>/<int:milliseconds>")
    def visit(student_id: int, milliseconds: int) -> str:
        student = db.session.get_one(student_class, student_id)
        student.name = student.name[::-1]
        db.session.commit()
        time.sleep(milliseconds / 1000)
        return ""
