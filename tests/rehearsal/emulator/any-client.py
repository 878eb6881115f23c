"""Any call of AWS's API, one JSON line each, answered by one JSON line; the client checks nothing before it sends."""

import json
import re
import sys

import botocore.config
import botocore.session

SESSION = botocore.session.get_session()
CONFIG = botocore.config.Config(
    parameter_validation=False,
    retries={"max_attempts": 0},
    s3={"addressing_style": "path"},
    inject_host_prefix=False,
)
CLIENTS = {}


def client_of(service, url, key):
    if (service, key) not in CLIENTS:
        CLIENTS[service, key] = SESSION.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            aws_session_token=key[2],
            config=CONFIG,
        )
    return CLIENTS[service, key]


def method_of(client, operation):
    return next(name for name, known in client.meta.method_to_api_mapping.items() if known == operation)


def answer(asked):
    key = tuple(asked.get("key") or ("rehearsal", "rehearsal", None))
    client = client_of(asked["service"], sys.argv[1], key)
    try:
        result = getattr(client, method_of(client, asked["operation"]))(**asked["params"])
    except client.exceptions.ClientError as error:
        return {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"],
                          "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}}  # fmt: skip
    result.pop("ResponseMetadata", None)
    return {"result": result}


for line in sys.stdin:
    print(re.sub(r"\s+", " ", json.dumps(answer(json.loads(line)), default=str)), flush=True)
