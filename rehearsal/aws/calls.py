"""Parses a request of an AWS client with AWS's service models: operation, parameters, caller.

botocore brings the models, moto the parsers of their five protocols.
https://smithy.io/2.0/aws/protocols/index.html
"""

import io
import re
from dataclasses import dataclass
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
# Service names in signatures that differ from those of botocore's models.
MODELS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
# These calls are not signed: their token names the caller.
UNSIGNED = {"AssumeRoleWithWebIdentity": "sts"}
DEFAULT_REGION = "us-east-1"


class Unreadable(Exception):
    """The request matches no operation of AWS's models, or a value has the wrong type."""


class Refused(Exception):
    """The response is this error; the call is not executed."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass
class Call:
    service: str
    operation: str
    params: dict[str, Any]
    region: str
    access_key: str
    user_agent: str
    protocol: str
    model: Any
    # Condition keys such as aws:SourceArn, set by a service that calls on behalf of somebody.
    source_address: str = ""

    @property
    def name(self):
        return f"{self.service}:{self.operation}"


def take_body(environ):
    """Reads the whole body and puts it back, so that the next handler can read it too."""
    request = Request(environ)
    body = request.get_data(cache=True, parse_form_data=False)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def service_of(environ, body):
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not signed:
        asked = re.search(rb"(?:^|&)Action=(\w+)", body)
        return UNSIGNED.get(asked.group(1).decode()) if asked else None, "", DEFAULT_REGION
    access_key, region, service = signed.groups()
    path = environ.get("PATH_INFO", "")
    if service == "s3" and (path.startswith("/v20180820/") or "s3-control" in environ.get("HTTP_HOST", "")):
        service = "s3control"
    return MODELS.get(service, service), access_key, region


def operation_of(request, model, environ):
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return model.operation_model(target.split(".")[-1]), {}
    action = request.values.get("Action")
    if action and model.protocol in ("query", "ec2"):
        return model.operation_model(action), {}
    return get_service_router(model.service_name).match(request)


def read_call(environ):
    """The call in a request. Raises Unreadable if it is not a call."""
    body = take_body(environ)
    service, access_key, region = service_of(environ, body)
    if service is None:
        raise Unreadable("the request is signed for no service")
    copy = {**environ, "wsgi.input": io.BytesIO(body)}
    request = Request(copy)
    try:
        model = get_service_model(service)
        operation, captured = operation_of(request, model, environ)
        protocol = determine_request_protocol(model, request.content_type)
    except NotFound as error:
        raise Unreadable(f"{request.method} {request.path} is no operation of {service}") from error
    except Exception as error:
        raise Unreadable(f"{service}: {error}") from error
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        params = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": captured,
            }
        )
    except (ValueError, AttributeError, TypeError) as error:
        raise Unreadable(f"{service}:{operation.name} has a value of another type: {error}") from error
    return Call(
        service=service,
        operation=operation.name,
        params=params,
        region=region,
        access_key=access_key,
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        protocol=protocol,
        model=operation,
    )


def refusal_of(call, refused):
    """Status, headers and body of an error in the protocol of the call."""
    request_id = "00000000-0000-0000-0000-000000000000"
    serializer = get_serializer_class(call.service, call.protocol)(
        operation_model=call.model,
        context=SerializationContext(request_id=request_id),
    )
    answer = serializer.serialize(refused)
    body = answer["body"]
    return refused.status, answer["headers"], body if isinstance(body, bytes) else str(body).encode()
