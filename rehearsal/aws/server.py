"""The AWS emulator of the rehearsal: moto with the extensions of this folder, on loopback only.

usage: server.py [--port N] [--instance NAME] [--decide COMMAND...]
Prints one line of JSON, {"port": N}, once it accepts connections. Port 0 (the default) takes a free one.
Ends when its standard input ends. Once told to stay (POST /rehearsal/stay), it ends when its folder is deleted instead:
the one in the name of its instance.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time

# Read by moto when its modules are loaded, so they are set before the import.
os.environ["MOTO_ACCOUNT_ID"] = "123456789012"
# The plan role of terraform/aws/bootstrap attaches policies that AWS manages.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import moto
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

import access
import called_actions
import extensions
import leftovers  # noqa: F401 - registers its route
import running_state  # noqa: F401 - registers its routes
from cbor_front import CborFront
from decompress import Decompress
from gate import Gate
from side_door import SideDoor, route

LOOPBACK = "127.0.0.1"


class Life:
    """When the parent dies, the pipe closes and the emulator exits as well; one that stays, when its folder is gone."""

    def __init__(self, instance, stop):
        self.instance = instance
        self.stop = stop
        self.stays = False

    def end_with_stdin(self):
        sys.stdin.buffer.read()
        # Without its folder no later command finds it.
        while self.stays and os.path.isdir(os.path.dirname(self.instance)):
            time.sleep(1)
        self.stop()

    def add_routes(self):
        @route("GET", r"/rehearsal/health")
        def health(_captured, _body):
            return {"instance": self.instance, "moto": moto.__version__, "extensions": extensions.names()}

        @route("POST", r"/rehearsal/stay")
        def stay(_captured, _body):
            self.stays = True
            return {}

        @route("POST", r"/rehearsal/stop")
        def stop(_captured, _body):
            # A moment later, so that this response is still sent.
            threading.Timer(0.1, self.stop).start()
            return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--instance", default="unnamed")
    parser.add_argument("--decide", nargs="+", help="what decides by IAM; without it every call is allowed")
    arguments = parser.parse_args()

    extensions.apply()
    if arguments.decide:
        access.start(arguments.decide)
    called_actions.watch()
    application = SideDoor(Decompress(CborFront(Gate(DomainDispatcherApplication(create_backend_app)))))
    try:
        server = make_server(LOOPBACK, arguments.port, application, threaded=True, request_handler=MotoRequestHandler)
    except (OSError, SystemExit) as error:
        sys.exit(f"port {arguments.port} on {LOOPBACK} cannot be opened: {error}")

    def stop(*_):
        # shutdown() waits for serve_forever, which runs in the thread that gets the signal.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    life = Life(arguments.instance, stop)
    life.add_routes()
    threading.Thread(target=life.end_with_stdin, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
