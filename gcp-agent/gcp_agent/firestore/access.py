"""This process's identity for Firestore: on AWS the task's role, through federation and without a key."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from google.auth import aws, exceptions
from google.auth.credentials import Credentials
from google.auth.transport import Request
from google.oauth2 import service_account

SCOPES = ("https://www.googleapis.com/auth/datastore",)

_SUBJECT_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 - a type, no token
_ECS_ENDPOINT = "http://169.254.170.2"
_NEW_BEFORE_END_S = 300


@dataclass(frozen=True)
class GoogleAccess:
    """Terraform's settings of a task for Google Cloud; the names are those of the service on Bun."""

    # Full name of the pool's provider; empty if this is not AWS.
    audience: str
    service_account_email: str
    region: str
    # ECS's endpoint for the credentials of the task's role.
    task_credentials_url: str
    # JSON of a service account key: the alternative, which takes precedence over federation, as in the
    # service on Bun.
    service_account_key: str
    sts_url: str
    iam_credentials_url: str


def read_access(environment: Mapping[str, str]) -> GoogleAccess | None:
    """For Firestore; None if Google's default credentials apply: Cloud Run, a laptop, a stand-in."""
    return None if environment.get("FIRESTORE_EMULATOR_HOST") else read_identity(environment)


def read_identity(environment: Mapping[str, str]) -> GoogleAccess | None:
    """None if Google's default credentials apply: Cloud Run, a laptop."""

    def value(name: str, default: str = "") -> str:
        return environment.get(name) or default

    key, audience = value("GCP_SERVICE_ACCOUNT_KEY"), value("GOOGLE_WORKLOAD_IDENTITY_AUDIENCE")
    if not (key or audience):
        return None
    relative = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    return GoogleAccess(
        audience=audience,
        service_account_email=value("GOOGLE_SERVICE_ACCOUNT_EMAIL"),
        region=value("LORNU_REGION", value("AWS_REGION")),
        task_credentials_url=value("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{_ECS_ENDPOINT}{relative}"),
        service_account_key=key,
        sts_url=value("GOOGLE_STS_URL", "https://sts.googleapis.com/v1/token"),
        iam_credentials_url=value("GOOGLE_IAM_CREDENTIALS_URL", "https://iamcredentials.googleapis.com"),
    )


def create_credentials(access: GoogleAccess, scopes: tuple[str, ...] = SCOPES) -> Credentials:
    """Credentials that renew themselves, by default for Firestore.

    Raises ValueError for an invalid key, without repeating it.
    """
    if access.service_account_key:
        try:
            info = json.loads(access.service_account_key)
            return service_account.Credentials.from_service_account_info(info, scopes=scopes)
        except (ValueError, TypeError, KeyError):
            raise ValueError("GCP_SERVICE_ACCOUNT_KEY is not the JSON of a service account's key.") from None
    email = access.service_account_email
    return aws.Credentials(
        audience=access.audience,
        subject_token_type=_SUBJECT_TOKEN,
        token_url=access.sts_url,
        service_account_impersonation_url=(
            f"{access.iam_credentials_url}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        ),
        aws_security_credentials_supplier=_TaskRole(access),
        scopes=scopes,
    )


class _TaskRole(aws.AwsSecurityCredentialsSupplier):
    """Reads ECS's endpoint: google-auth's own sources are environment variables and EC2 only."""

    def __init__(self, access: GoogleAccess) -> None:
        self._access = access
        self._kept: aws.AwsSecurityCredentials | None = None
        self._ends_at = 0.0

    def get_aws_region(self, context: object, request: Request) -> str:
        return self._access.region

    def get_aws_security_credentials(self, context: object, request: Request) -> aws.AwsSecurityCredentials:
        """Cached until five minutes before they expire, because google-auth does not cache them."""
        if self._kept is None or time.time() > self._ends_at - _NEW_BEFORE_END_S:
            answer = request(url=self._access.task_credentials_url, method="GET", timeout=5)
            if answer.status != 200:
                why = f"ECS gives no credentials for the task's role: {answer.status}"
                raise exceptions.RefreshError(why)
            try:
                given = json.loads(answer.data)
                self._ends_at = datetime.fromisoformat(given["Expiration"]).timestamp()
                self._kept = aws.AwsSecurityCredentials(
                    given["AccessKeyId"], given["SecretAccessKey"], given["Token"]
                )
            except (ValueError, TypeError, KeyError):
                raise exceptions.RefreshError("ECS's credentials of the role can't be read.") from None
        return self._kept
