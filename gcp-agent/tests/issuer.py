"""An issuer of ID tokens on loopback, with the two used parts of Google: keys and metadata server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "https://agent.example"
PEER = "lornu-staging@project.iam.gserviceaccount.com"


class Issuer:
    """Signs with one key, publishes it, and counts requests."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.published: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.failing = False
        self.asked: list[str] = []
        self.url = ""
        # Further JSON responses, by path.
        self.pages: dict[str, Any] = {}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Valid claims, with changes; None removes one."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "110000000000000000001",
            "email": PEER,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def sign(
        self, claims: dict[str, Any], header: dict[str, Any] | None = None, key: RSAKey | None = None
    ) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1", **(header or {})}, claims, key or self.key)

    def token(self, **changes: Any) -> str:
        return self.sign(self.claims(**changes))


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            issuer.asked.append(url.path)
            status, kind, body = 200, "application/json", b"{}"
            if url.path == "/certs":
                status = 503 if issuer.failing else 200
                body = json.dumps({"keys": issuer.published}).encode()
            elif url.path.endswith("/identity"):
                kind, body = "text/plain", issuer.token(aud=parse_qs(url.query)["audience"][0]).encode()
            elif url.path.endswith("/service-accounts/default/"):
                body = json.dumps({"email": PEER, "scopes": [], "aliases": ["default"]}).encode()
            elif url.path in issuer.pages:
                body = json.dumps(issuer.pages[url.path]).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("metadata-flavor", "Google")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
