"""Checks every call against AWS's models and rules before moto answers it: moto alone accepts nearly everything."""

import traceback

import access
import changes
import model_check
import publish
import rules
from calls import Refused, Unreadable, read_call, refusal_of

# moto's own pages, and the paths of the side door.
OWN = ("/moto-api", "/rehearsal/", "/favicon.ico")


def check(call):
    access.check(call)
    model_check.check(call)
    rules.check(call)
    if call.name == "cloudwatch:SetAlarmState":
        publish.notify(call)


class Gate:
    """WSGI middleware in front of moto."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith(OWN):
            return self.application(environ, start_response)
        try:
            call = read_call(environ)
        except Unreadable as error:
            print(f"not read: {error}", flush=True)
            return answer(start_response, 400, {"Content-Type": "text/plain"}, str(error).encode())
        try:
            check(call)
        except Refused as refused:
            print(f"refused {call.name}: {refused.code}: {refused.message}", flush=True)
            return answer(start_response, *refusal_of(call, refused))
        except Exception:
            # A check that crashes proves nothing; the caller gets AWS's internal error.
            traceback.print_exc()
            return answer(start_response, 500, {"Content-Type": "text/plain"}, b"InternalFailure: see the log")
        answered = self.application(environ, start_response)
        changes.count(call)
        return answered


def answer(start_response, status, headers, body):
    sent = [(name, str(value)) for name, value in headers.items() if name.lower() != "content-length"]
    start_response(f"{status} Refused", [*sent, ("Content-Length", str(len(body)))])
    return [body]
