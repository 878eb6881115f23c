"""CloudWatch over Smithy RPC v2 CBOR, the protocol of today's SDKs; moto answers it as AWS JSON 1.0.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
"""

import io
import json
from datetime import datetime

import cbor2

EPOCH_TAG = 1


def is_timestamp(name):
    return name is not None and name.endswith("Timestamp")


def to_cbor_value(value, name=None):
    """JSON's seconds become CBOR's epoch tag: the clients refuse a bare number as a timestamp."""
    if isinstance(value, dict):
        return {key: to_cbor_value(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [to_cbor_value(item, name) for item in value]
    if is_timestamp(name) and isinstance(value, (int, float)):
        return cbor2.CBORTag(EPOCH_TAG, value)
    return value


def to_json_value(value):
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def as_json_request(environ):
    """/service/<shape name>/operation/<operation> becomes the X-Amz-Target of AWS JSON."""
    _, service, _, operation = environ["PATH_INFO"].strip("/").split("/")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    content = environ["wsgi.input"].read(length) if length else b""
    body = json.dumps(cbor2.loads(content) if content else {}, default=to_json_value).encode()
    translated = dict(environ)
    translated.pop("HTTP_SMITHY_PROTOCOL")
    translated.update(
        {
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "REQUEST_URI": "/",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "HTTP_X_AMZ_TARGET": f"{service}.{operation}",
        }
    )
    return translated


class CborFront:
    """WSGI middleware; every other protocol passes untouched."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
            return self.application(environ, start_response)
        answered = {}

        def keep(status, headers, _exc_info=None):
            answered.update(status=status, headers=headers)
            return lambda _chunk: None

        content = b"".join(self.application(as_json_request(environ), keep))
        try:
            value = json.loads(content) if content else {}
        except ValueError:
            # A traceback page: the caller's SDK gets a well-formed error, the log keeps the page.
            print(content.decode(errors="replace"), flush=True)
            value = {"__type": "InternalFailure", "message": "the emulator failed, its log says why"}
        body = cbor2.dumps(to_cbor_value(value))
        headers = [h for h in answered["headers"] if h[0].lower() not in ("content-type", "content-length")]
        headers += [
            ("Content-Type", "application/cbor"),
            ("Content-Length", str(len(body))),
            ("smithy-protocol", "rpc-v2-cbor"),
        ]
        start_response(answered["status"], headers)
        return [body]
