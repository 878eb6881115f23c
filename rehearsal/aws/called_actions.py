"""The AWS actions that Terraform called, by their names in IAM policies: its roles must allow them.

moto asks before each call whether it is permitted (and permits all): the action is known there, whatever the protocol.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import threading

from moto.core.authorization import ActionAuthenticatorMixin

from side_door import route

# moto's names of services that have another name in policies.
PREFIXES = {
    "applicationautoscaling": "application-autoscaling",
    "elbv2": "elasticloadbalancing",
    "s3control": "s3",
}
# Our own SDK clients read the account too; the provider names itself in its user agent.
PROVIDER = "terraform-provider-aws"

calls = set()
lock = threading.Lock()


def action_of(response):
    action = response._get_action()
    if not action:
        return None
    # moto's S3 names the action as policies do.
    prefix = PREFIXES.get(response.service_name, response.service_name)
    return action if ":" in action else f"{prefix}:{action}"


def watch():
    ask = ActionAuthenticatorMixin._authenticate_and_authorize_action

    def note_and_ask(self, *arguments, **named):
        if PROVIDER in str(self.headers.get("User-Agent", "")):
            action = action_of(self)
            if action:
                with lock:
                    calls.add(action)
        return ask(self, *arguments, **named)

    ActionAuthenticatorMixin._authenticate_and_authorize_action = note_and_ask


@route("POST", r"/rehearsal/called-actions")
def take_called_actions(_captured, _body):
    """The calls since the last request for them."""
    with lock:
        taken = sorted(calls)
        calls.clear()
    return taken
