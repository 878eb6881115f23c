"""Managed session policies (PolicyArns): a session stores their ARNs, and access.py reads the policies at each call.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from moto.sts.responses import TokenResponse


def arns_in(response):
    return [one["arn"] for one in response._get_param("PolicyArns") or [] if one.get("arn")]


def keeping(answer):
    def assume(self):
        result = answer(self)
        result.result["Credentials"].policy_arns = arns_in(self)
        return result

    return assume


def apply():
    for name in ("assume_role", "assume_role_with_web_identity"):
        setattr(TokenResponse, name, keeping(getattr(TokenResponse, name)))
