"""The caller of each call, and whether the applied policies allow it: identity, boundary, trust and resource policies.

The decision is made by a process of its own, ../iam/serve-decisions.ts, which this one starts; here the call is put
together with what moto's stores hold. Keys that the emulator's STS has not given out are an administrator's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import base64
import json
import subprocess
import threading
import time

from calls import Call, Refused
from side_door import route
from stores import ACCOUNT, store, stores

ADMINISTRATOR = {
    "arn": f"arn:aws:iam::{ACCOUNT}:user/administrator",
    "policies": [
        {
            "name": "AdministratorAccess",
            "document": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
                }
            ),
        }
    ],
}
# Calls to global services count as calls in this region, whatever the client's region is.
GLOBAL = {"iam", "route53", "budgets", "sts"}
LINKED = {
    "ecs:CreateService": "ecs.amazonaws.com",
    "elbv2:CreateLoadBalancer": "elasticloadbalancing.amazonaws.com",
    "application-autoscaling:RegisterScalableTarget": "ecs.application-autoscaling.amazonaws.com",
    "wafv2:PutLoggingConfiguration": "wafv2.amazonaws.com",
}
JSON_PROTOCOLS = {"json"}
# The last part of an endpoint's service name, if it differs from botocore's name of the service.
ENDPOINTS = {
    "cloudwatch": ("monitoring",),
    "ecr": ("ecr.api",),
    "logs": ("logs",),
    "s3": ("s3",),
    "secretsmanager": ("secretsmanager",),
    "sts": ("sts",),
}


class Decisions:
    """The process that decides. It ends when its standard input closes, so with this process."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()

    def ask(self, asked):
        with self.lock:
            self.process.stdin.write(json.dumps(asked, default=readable) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process that decides has ended")
        said = json.loads(line)
        if isinstance(said, dict) and "failed" in said:
            raise RuntimeError(said["failed"])
        return said


DECISIONS = []


def start(command):
    DECISIONS.append(Decisions(command))


def readable(value):
    # No condition key compares files or times.
    return f"<{type(value).__name__}>"


def sessions():
    for backend in stores("sts").values():
        yield from list(backend.assumed_roles)


def principal_of(call):
    if not call.access_key.startswith("ASIA"):
        return ADMINISTRATOR
    session = next((one for one in sessions() if one.access_key_id == call.access_key), None)
    if session is None:
        raise Refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    if session.expiration.timestamp() < time.time():
        raise Refused("ExpiredToken", "The security token included in the request is expired", 403)
    return {**of_role(session.role_arn, session.session_name), **limits_of(session, call)}


def limits_of(session, call):
    """Policies that limit this call in addition to the role's: the session's and, for a task, the VPC endpoint's."""
    document = session_document(session)
    limits = {"session": {"name": session.session_name, "document": document}} if document else {}
    endpoint = endpoint_of(call) if session.__dict__.get("of_task") else None
    if endpoint:
        limits["endpoint"] = {"name": endpoint.id, "document": text_of(endpoint.policy_document)}
        limits["context"] = {"aws:SourceVpce": endpoint.id, "aws:SourceVpc": endpoint.vpc_id}
    return limits


def session_document(session):
    """The session's policies as one policy: the role keeps what any of them allows.

    A policy that was deleted since allows nothing. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    arns = session.__dict__.get("policy_arns", [])
    if not arns:
        return session.policy
    managed = store("iam").managed_policies
    texts = [document_of(managed[arn]) for arn in arns if arn in managed] + ([session.policy] if session.policy else [])
    statements = [one.get("Statement", []) for one in map(json.loads, texts)]
    merged = [statement for part in statements for statement in (part if isinstance(part, list) else [part])]
    return json.dumps({"Version": "2012-10-17", "Statement": merged})


def endpoint_of(call):
    """Calls of a task, and calls of ECS for it, leave its subnet through the service's VPC endpoint, if there is one.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
    """
    for one in store("ec2", call.region).vpc_end_points.values():
        if one.state != "available" or one.service_name.split(".", 3)[-1] not in ENDPOINTS.get(call.service, ()):
            continue
        if one.private_dns_enabled if one.vpc_endpoint_type == "Interface" else one.route_table_ids:
            return one
    return None


def role_of(arn):
    return next((one for one in store("iam").roles.values() if one.arn == arn), None)


def of_role(arn, session):
    role = role_of(arn)
    if role is None:
        raise Refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    boundary = store("iam").managed_policies.get(role.permissions_boundary_arn or "")
    return {
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/{session}",
        "roleArn": role.arn,
        "policies": policies_of(role),
        **({"boundary": {"name": boundary.name, "document": document_of(boundary)}} if boundary else {}),
    }


def policies_of(role):
    policies = [{"name": name, "document": text} for name, text in role.policies.items()]
    return policies + [{"name": one.name, "document": document_of(one)} for one in role.managed_policies.values()]


def document_of(policy):
    return next(one.document for one in policy.versions if one.is_default)


def text_of(policy):
    return policy.decode() if isinstance(policy, bytes) else policy if isinstance(policy, str) else json.dumps(policy)


def resource_policies(region):
    found = {one.arn: text_of(one.policy) for one in store("kms", region).keys.values()}
    found |= {
        f"arn:aws:s3:::{one.name}": text_of(one.policy) for one in store("s3", region).buckets.values() if one.policy
    }
    found |= {one.arn: one.policy for one in store("secretsmanager", region).secrets.values() if one.policy}
    found |= {one.arn: text_of(one.policy) for one in store("ecr", region).repositories.values() if one.policy}
    found |= {one.arn: one.policy for one in store("sns", region).topics.values()}
    return found


def state_of(call):
    region = call.region
    secrets = [
        {"arn": one.arn, "name": one.name, "key": one.kms_key_id}
        for one in store("secretsmanager", region).secrets.values()
    ]
    keys = {}
    for key in store("kms", region).keys.values():
        keys |= {key.id: key.arn, key.arn: key.arn}
        keys |= {alias: key.arn for alias in key.aliases}
    topics = {one.arn: one.kms_master_key_id for one in store("sns", region).topics.values()}
    return {
        "resourcePolicies": resource_policies(region),
        "topics": topics,
        "secrets": secrets,
        "boundaries": {one.name: one.permissions_boundary_arn for one in store("iam").roles.values()},
        "keys": keys,
        "taskRoles": task_roles(call),
        "linkedRoles": sorted(store("iam").__dict__.setdefault("linked_services", set())),
    }


def task_roles(call):
    if call.name != "ecs:RunTask":
        return []
    ecs = store("ecs", call.region)
    try:
        found = ecs.describe_task_definition(call.params.get("taskDefinition", ""))
    except Exception:
        return []
    # moto omits parameters that were not given.
    named = (getattr(found, "task_role_arn", None), getattr(found, "execution_role_arn", None))
    return [arn for arn in named if arn]


def question_of(call, principal, context=None, operation=None, state=None):
    return {
        "operation": operation or call.name,
        "params": call.params,
        "region": "us-east-1" if call.service in GLOBAL else call.region,
        "account": ACCOUNT,
        "principal": principal,
        "context": {**principal.get("context", {}), **(context or {})},
        "state": state or state_of(call),
    }


def check(call):
    """Refuses a call that its principal may not make, as the service would."""
    if not DECISIONS:
        return
    if call.name == "sts:AssumeRoleWithWebIdentity":
        federated(call)
        return
    principal = principal_of(call)
    said = DECISIONS[0].ask({"question": question_of(call, principal)})
    if not said["allowed"]:
        note(call.name, said)
        raise Refused(said["code"], said["message"], 400 if call.protocol in JSON_PROTOCOLS else 403)
    if call.name == "sts:AssumeRole":
        trust(call, call.params.get("RoleArn", ""), principal, "sts:AssumeRole", principal.get("context", {}))
    if call.name in LINKED:
        store("iam").__dict__.setdefault("linked_services", set()).add(LINKED[call.name])


denied = []


def note(operation, said):
    print(f"denied {operation}: {said['missing']}", flush=True)
    denied.append({"operation": operation, "sentence": said["message"], "missing": said["missing"]})


def claims_of(token):
    try:
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError) as error:
        raise Refused("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from error


def federated(call):
    """AssumeRoleWithWebIdentity: checks provider, claims and the role's trust policy, but no signature."""
    claims = claims_of(call.params.get("WebIdentityToken", ""))
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    if claims.get("exp", 0) <= time.time():
        raise Refused(
            "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time"
        )
    provider = next((one for one in store("iam").open_id_providers.values() if one.url == issuer), None)
    if provider is None:
        raise Refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}")
    if claims.get("aud") not in provider.client_id_list:
        raise Refused("InvalidIdentityToken", "Incorrect token audience")
    context = {f"{issuer}:aud": str(claims.get("aud")), f"{issuer}:sub": str(claims.get("sub"))}
    arn = call.params.get("RoleArn", "")
    trust(call, arn, {"arn": provider.arn, "policies": []}, "sts:AssumeRoleWithWebIdentity", context)
    asked, most = call.params.get("DurationSeconds") or 3600, int(role_of(arn).max_session_duration or 3600)
    if asked > most:
        raise Refused(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def trust(call, role_arn, principal, action, context):
    role = role_of(role_arn)
    refused = Refused("AccessDenied", f"Not authorized to perform {action}", 403)
    if role is None:
        raise refused
    state = {**state_of(call), "resourcePolicies": {role.arn: text_of(role.assume_role_policy_document)}}
    asked = {"trust": question_of(call, principal, context, action, state), "role": role.arn}
    if not DECISIONS[0].ask(asked)["allowed"]:
        print(f"denied {action} of {role.arn}: the role does not trust {json.dumps(context)}", flush=True)
        raise refused


@route("POST", r"/rehearsal/iam/sessions")
def start_session(_captured, asked):
    """A session of a role for an AWS service, if the role trusts that service."""
    call = Call("sts", "AssumeRole", {}, "us-east-1", "", "", "query", None)
    try:
        principal = {"arn": asked["service"], "policies": []}
        if DECISIONS:
            trust(call, asked["roleArn"], principal, "sts:AssumeRole", asked["context"])
    except Refused as refused:
        return {"refused": refused.message}
    session = store("sts").assume_role(
        region_name="us-east-1",
        role_session_name=asked["session"],
        role_arn=asked["roleArn"],
        policy=None,
        duration=asked["seconds"],
        external_id=None,
    )
    session.of_task = asked["service"] == "ecs-tasks.amazonaws.com"
    keys = asked.get("keys")
    if keys:
        session.access_key_id = keys["accessKeyId"]
        session.secret_access_key = keys["secretAccessKey"]
        session.session_token = keys["sessionToken"]
    names = {"accessKeyId": session.access_key_id, "secretAccessKey": session.secret_access_key}
    return {"credentials": {**names, "sessionToken": session.session_token}}


@route("POST", r"/rehearsal/iam/uses")
def uses(_captured, _body):
    """Statements of identity policies that calls needed, and denied calls."""
    granted = [
        {"role": role.name, "policy": one["name"], "document": one["document"]}
        for role in store("iam").roles.values()
        for one in policies_of(role)
    ]
    return {"uses": DECISIONS[0].ask({"uses": True}) if DECISIONS else [], "denied": denied, "granted": granted}
