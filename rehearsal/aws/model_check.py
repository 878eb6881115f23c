"""What AWS's service models require of a request: required members, enums, patterns, lengths, ranges, unions.

https://smithy.io/2.0/spec/constraint-traits.html
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (ValidationError)
"""

import functools

import regex

from calls import Refused

# The error code of each service; all others use ValidationException, as services with AWS JSON do.
CODES = {
    "cloudwatch": "ValidationError",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "elbv2": "ValidationError",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "s3control": "InvalidRequest",
    "sns": "InvalidParameter",
    "sts": "ValidationError",
}
# Code and message for a missing member, if they differ from the usual ones.
MISSING = {
    "ec2": ("MissingParameter", "The request must contain the parameter {name}"),
    "elbv2": ("ValidationError", "{name} is required"),
}
# Patterns of the models that AWS cannot enforce literally, with the reason.
NOT_ENFORCED = {
    r"arn:[^:]+:s3(express)?:[^:].*": "it refuses every general purpose bucket, whose ARN has no Region",
}
SIZED = {"list", "map", "string", "blob"}
NUMBERS = {"integer", "long", "float", "double", "short", "byte"}


@functools.cache
def compiled(pattern):
    """None for a pattern that is not enforced, or that Python cannot compile."""
    if pattern in NOT_ENFORCED:
        return None
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def constraint(value, path, sentence):
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {sentence}"


def sizes(shape, value):
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    if shape.type_name in SIZED:
        if least is not None and len(value) < least:
            yield f"have length greater than or equal to {least}"
        if most is not None and len(value) > most:
            yield f"have length less than or equal to {most}"
    elif shape.type_name in NUMBERS:
        if least is not None and value < least:
            yield f"have value greater than or equal to {least}"
        if most is not None and value > most:
            yield f"have value less than or equal to {most}"


def texts(shape, value):
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"satisfy enum value set: [{', '.join(allowed)}]"
    pattern = compiled(shape.metadata["pattern"]) if "pattern" in shape.metadata else None
    if pattern and not pattern.fullmatch(value):
        yield f"satisfy regular expression pattern: {shape.metadata['pattern']}"


def faults(shape, value, path=""):
    """Each fault as (name of a missing member, None) or (None, sentence)."""
    if value is None:
        return
    kind = shape.type_name
    for sentence in sizes(shape, value) if hasattr(value, "__len__") or kind in NUMBERS else ():
        yield None, constraint(value, path, sentence)
    if kind == "string" and isinstance(value, str):
        for sentence in texts(shape, value):
            yield None, constraint(value, path, sentence)
    elif kind == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            # S3 Control sends the account in the host name.
            if value.get(name) is None and not shape.members[name].serialization.get("hostLabel"):
                yield f"{path}.{name}".lstrip("."), None
        if shape.is_tagged_union and len(value) > 1:
            yield None, constraint(", ".join(value), path, "set exactly one of its members")
        for name, member in shape.members.items():
            if name in value:
                yield from faults(member, value[name], f"{path}.{name}".lstrip("."))
    elif kind == "list":
        for index, item in enumerate(value):
            yield from faults(shape.member, item, f"{path}.{index + 1}.member".lstrip("."))
    elif kind == "map":
        for key, item in value.items():
            yield from faults(shape.key, key, f"{path}.key")
            yield from faults(shape.value, item, f"{path}.{key}")


def check(call):
    """Refuses a call that its service's model does not allow, with all faults in one message."""
    shape = call.model.input_shape
    if shape is None:
        return
    found = list(faults(shape, call.params))
    if not found:
        return
    code = CODES.get(call.service, "ValidationException")
    missing = next((name for name, _ in found if name), None)
    if missing and call.service in MISSING:
        code, sentence = MISSING[call.service]
        raise Refused(code, sentence.format(name=missing))
    sentences = [sentence or constraint("null", name, "not be null") for name, sentence in found]
    plural = "error" if len(sentences) == 1 else "errors"
    raise Refused(code, f"{len(sentences)} validation {plural} detected: {'; '.join(sentences)}")
