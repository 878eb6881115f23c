"""A rule that AWS documents and its service models do not say, and what finds the values that it speaks of."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    id: str
    # Names as botocore has them: "ec2:CreateSecurityGroup".
    operations: tuple[str, ...]
    page: str
    code: str
    sentence: str
    # Takes the call; a true value is what the sentence's braces are filled with (a dictionary), or True.
    broken: Any
    status: int = 400


def at(params, path):
    """All values at a path such as IpPermissions[].IpRanges[].Description."""
    values = [params]
    for part in path.split("."):
        many = part.endswith("[]")
        name = part.removesuffix("[]")
        found = [value[name] for value in values if isinstance(value, dict) and value.get(name) is not None]
        values = [item for value in found for item in value] if many else found
    return values


def text(paths, allowed):
    """Broken by a value at one of these paths (or at the one path) that the pattern does not match as a whole."""
    paths = (paths,) if isinstance(paths, str) else paths
    pattern = re.compile(allowed)

    def broken(call):
        for path in paths:
            for value in at(call.params, path):
                if not pattern.fullmatch(value):
                    return {"value": value}
        return None

    return broken
