"""Calls of the rehearsal outside the AWS API: reports of what runs, and the list of leftovers.

AWS has no call for "this task is running": on AWS that is known because ECS started it. Here the task runner
started it, so it says so under /rehearsal/. README.md beside this file lists the routes.
"""

import json
import re
import traceback

ROUTES = []


class Refused(Exception):
    """The request is invalid: the response is 400 with this sentence."""


def route(method, pattern):
    """A handler takes (captured groups, JSON body) and returns the JSON of the response."""

    def register(handler):
        ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return register


def read_json(environ):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return json.loads(environ["wsgi.input"].read(length)) if length else {}


def answer_for(environ):
    for method, pattern, handler in ROUTES:
        match = pattern.fullmatch(environ["PATH_INFO"])
        if match and method == environ["REQUEST_METHOD"]:
            try:
                return "200 OK", handler(match.groupdict(), read_json(environ))
            except (Refused, KeyError, ValueError) as error:
                return "400 Bad Request", {"detail": f"{type(error).__name__}: {error}"}
            except Exception:
                traceback.print_exc()
                return "500 Internal Server Error", {"detail": "the emulator failed, its log says why"}
    return "404 Not Found", {"detail": "no such route, see README.md beside side_door.py"}


class SideDoor:
    """WSGI middleware. Passes everything outside /rehearsal/ to moto."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if not environ["PATH_INFO"].startswith("/rehearsal/"):
            return self.application(environ, start_response)
        status, value = answer_for(environ)
        body = json.dumps(value).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]
