"""Rules that AWS's service models do not contain: one row each, with AWS's page, error code and message.

Rows about values alone are in value_rules.py, rows about what is in the account (in use, reserved, in order) in
account_rules.py. Sentences are AWS's own as its pages, SDKs or public reports show them; {braces} are filled in.
"""

import account_rules
import value_rules
from calls import Refused
from side_door import route

ROWS = (*value_rules.ROWS, *account_rules.ROWS)


def by_operation(table):
    index = {}
    for row in table:
        for operation in row.operations:
            index.setdefault(operation, []).append(row)
    return index


INDEX = by_operation(ROWS)


def check(call):
    for row in INDEX.get(call.name, ()):
        found = row.broken(call)
        if found:
            raise Refused(row.code, row.sentence.format(**(found if isinstance(found, dict) else {})), row.status)


@route("GET", r"/rehearsal/rules")
def list_rules(_captured, _body):
    """Every row, for the test that sees each of them refuse a call."""
    return [{"id": row.id, "operations": row.operations, "code": row.code, "page": row.page} for row in ROWS]
