"""Entry point: `python -m gcp_agent.main`."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from dataclasses import replace

import uvicorn

from gcp_agent.app import create_app
from gcp_agent.settings import Settings, SettingsError, read_settings

# Above the load balancer's idle timeout, or it would use connections that are just being closed.
_KEEP_ALIVE_S = 130


def main() -> int:
    """Serves until it is told to stop; exit code 2 if the environment is invalid."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    show_log()
    serve(settings)
    return 0


def show_log() -> None:
    """Shows our own log lines on stderr; of google-adk and uvicorn only warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    own = logging.getLogger("gcp_agent")
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    own.propagate = False


def serve(settings: Settings) -> None:
    """Binds first and announces the address as a line of JSON: PORT=0 takes a free port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    port = listener.getsockname()[1]
    print(json.dumps({"host": settings.host, "port": port, "pid": os.getpid()}), flush=True)
    config = uvicorn.Config(
        create_app(replace(settings, port=port)), timeout_keep_alive=_KEEP_ALIVE_S, log_level="warning"
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
