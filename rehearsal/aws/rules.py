"""What AWS refuses and its service models do not say: one row a rule, with AWS's page, error code and sentence.

Rows about values alone are in value_rules.py, rows about what is in the account (in use, reserved, in order) in
account_rules.py. Sentences are AWS's own as its pages, SDKs or public reports show them; {braces} are filled in.
"""

import re
from dataclasses import dataclass
from typing import Any

from calls import Refused
from side_door import route


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


def rows():
    import account_rules
    import value_rules

    return (*value_rules.ROWS, *account_rules.ROWS)


def by_operation(table):
    index = {}
    for row in table:
        for operation in row.operations:
            index.setdefault(operation, []).append(row)
    return index


INDEX = {}


def check(call):
    if not INDEX:
        INDEX.update(by_operation(rows()))
    for row in INDEX.get(call.name, ()):
        found = row.broken(call)
        if found:
            raise Refused(row.code, row.sentence.format(**(found if isinstance(found, dict) else {})), row.status)


@route("GET", r"/rehearsal/rules")
def list_rules(_captured, _body):
    """Every row, for the test that has seen each refuse."""
    return [{"id": row.id, "operations": row.operations, "code": row.code, "page": row.page} for row in rows()]
