"""The listener action that checks a JSON web token before the request reaches a target.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_JwtValidationActionConfig.html
"""

from moto.elbv2.exceptions import ValidationError
from moto.elbv2.models import ELBv2Backend

MOST_CLAIMS = 10
FORMATS = ("single-string", "string-array", "space-separated-values")


def check(action):
    config = action.data.get("JwtValidationConfig") or {}
    for name in ("JwksEndpoint", "Issuer"):
        if not config.get(name):
            raise ValidationError(f"JwtValidationConfig.{name} is required")
    if not config["JwksEndpoint"].startswith("https://"):
        raise ValidationError("JwtValidationConfig.JwksEndpoint must be an HTTPS URL")
    claims = config.get("AdditionalClaims") or []
    if len(claims) > MOST_CLAIMS:
        raise ValidationError(f"at most {MOST_CLAIMS} AdditionalClaims are allowed")
    for claim in claims:
        if claim.get("Format") not in FORMATS:
            raise ValidationError(f"AdditionalClaims.Format must be one of {', '.join(FORMATS)}")


def apply():
    validate_known = ELBv2Backend._validate_actions

    def validate(self, actions):
        for action in actions:
            if action.type == "jwt-validation":
                check(action)
        validate_known(self, [action for action in actions if action.type != "jwt-validation"])

    ELBv2Backend._validate_actions = validate
