"""What generated projects promise about sessions, proven from outside.

Each test is a claim. It holds for a project that Gunicorn serves with its own
configuration, for every layer, with threads and greenlets, on a real database.
"""
