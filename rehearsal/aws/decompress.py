"""Requests that an SDK has compressed: PutMetricData from 10 KB on.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html
"""

import gzip
import io


class Decompress:
    """WSGI middleware; every other request passes untouched."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if environ.get("HTTP_CONTENT_ENCODING") != "gzip":
            return self.application(environ, start_response)
        body = gzip.decompress(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        plain = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        del plain["HTTP_CONTENT_ENCODING"]
        return self.application(plain, start_response)
