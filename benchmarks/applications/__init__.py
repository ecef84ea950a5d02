"""The compared applications: each answers ``/students/1`` with that row as JSON."""
