"""The AWS emulator of the rehearsal: moto with the extensions of this folder, on loopback only.

usage: server.py [--port N] [--until-stdin-ends]
Prints one line of JSON, {"port": N}, once it accepts connections. Port 0 (the default) takes a free one.
"""

import argparse
import json
import os
import signal
import sys
import threading

# Read by moto when its modules are loaded, so they are set before the import.
os.environ.setdefault("MOTO_ACCOUNT_ID", "123456789012")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402

import extensions  # noqa: E402
import leftovers  # noqa: E402, F401 - registers its route
import running_state  # noqa: E402, F401 - registers its routes
from cbor_front import CborFront  # noqa: E402
from side_door import SideDoor  # noqa: E402

LOOPBACK = "127.0.0.1"


def stop_when_stdin_ends(stop):
    """A starter that dies without saying goodbye closes the pipe, and the emulator goes with it."""
    sys.stdin.buffer.read()
    stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-stdin-ends", action="store_true")
    arguments = parser.parse_args()

    extensions.apply()
    application = SideDoor(CborFront(DomainDispatcherApplication(create_backend_app)))
    try:
        server = make_server(
            LOOPBACK, arguments.port, application, threaded=True, request_handler=MotoRequestHandler
        )
    except (OSError, SystemExit) as error:
        sys.exit(f"port {arguments.port} on {LOOPBACK} cannot be opened: {error}")

    def stop(*_):
        # shutdown() waits for serve_forever, which runs in the thread that gets the signal.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if arguments.until_stdin_ends:
        threading.Thread(target=stop_when_stdin_ends, args=(stop,), daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
