"""The least that Flask can be asked for: one route, the same page as a constant string."""

from flask import Flask

from tests.bench.plain_wsgi import PAGE

TEXT = PAGE.decode()
app = Flask("plain", static_folder=None)


@app.get("/")
def page():
    return TEXT
