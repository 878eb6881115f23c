"""A listener's mutual TLS settings: off, passthrough or verify against a trust store.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_MutualAuthenticationAttributes.html
"""

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response

# Settings that AWS refuses unless the mode is verify.
ONLY_WITH_VERIFY = ("TrustStoreArn", "IgnoreClientCertificateExpiry", "AdvertiseTrustStoreCaNames")


def check(settings, known_stores):
    mode = settings.get("Mode", "off")
    if mode == "verify":
        if settings.get("TrustStoreArn") not in known_stores:
            raise ELBClientError("TrustStoreNotFound", "mode verify needs the ARN of a trust store that exists")
        return
    for name in ONLY_WITH_VERIFY:
        if settings.get(name):
            raise ELBClientError("InvalidConfigurationRequest", f"{name} is allowed with mode verify only")


def keep_after(operation):
    def wrapped(self):
        settings = self._get_params().get("MutualAuthentication")
        if settings:
            check(settings, self.elbv2_backend.__dict__.get("trust_stores", {}))
        result = operation(self)
        listener = result.result["Listeners"][0]
        if settings:
            listener.mutual_authentication = dict(settings)
        elif listener.protocol == "HTTPS" and not hasattr(listener, "mutual_authentication"):
            listener.mutual_authentication = {"Mode": "off"}
        return result

    return wrapped


def apply():
    for name in ("create_listener", "modify_listener"):
        setattr(ELBV2Response, name, keep_after(getattr(ELBV2Response, name)))
