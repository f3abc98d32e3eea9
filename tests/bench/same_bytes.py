"""A bare Flask route that returns the bytes of a file, compressed as they are: what the widget is
compared with. WIDGET_BYTES names the file."""

import os
from pathlib import Path

from flask import Flask, Response

BYTES = Path(os.environ["WIDGET_BYTES"]).read_bytes()
app = Flask("same_bytes", static_folder=None)


@app.get("/")
def page():
    return Response(
        BYTES, content_type="text/html; charset=utf-8", headers=[("Content-Encoding", "br")]
    )
