"""The least a server can be asked for: one page, made beforehand. It is as long as a page of the
shop when compressed, so that what is compared is the way there, not the bytes."""

PAGE = b"<!doctype html><html lang=en><title>Plain</title><p>" + b"plain page " * 450
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(PAGE)))]


def app(environ, start_response):
    start_response("200 OK", HEADERS)
    return [PAGE]
