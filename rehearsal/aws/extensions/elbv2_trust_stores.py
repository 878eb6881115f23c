"""Trust stores: the certificate authorities that a mutual TLS listener accepts.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTrustStore.html
"""

from cryptography.x509 import load_pem_x509_certificates
from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends


class TrustStore:
    def __init__(self, name, arn, bundle):
        self.name = name
        self.trust_store_arn = arn
        self.status = "ACTIVE"
        self.total_revoked_entries = 0
        self.replace(bundle)

    def replace(self, bundle):
        self.bundle = bundle
        self.number_of_ca_certificates = len(load_pem_x509_certificates(bundle))


def stores_of(response):
    return response.elbv2_backend.__dict__.setdefault("trust_stores", {})


def read_bundle(response, params):
    """Reads the bundle from the bucket once, when the trust store is created or modified, as AWS does."""
    bucket, key = params["CaCertificatesBundleS3Bucket"], params["CaCertificatesBundleS3Key"]
    try:
        backend = s3_backends[response.current_account][response.partition]
        content = backend.get_object(bucket, key, params.get("CaCertificatesBundleS3ObjectVersion")).value
        load_pem_x509_certificates(content)
    except Exception as error:
        raise ELBClientError("InvalidCaCertificatesBundle", f"no CA bundle in s3://{bucket}/{key}") from error
    return content


def find(response, arn):
    store = stores_of(response).get(arn)
    if store is None:
        raise ELBClientError("TrustStoreNotFound", f"Trust store '{arn}' not found")
    return store


def users_of(response, arn):
    listeners = (
        listener
        for balancer in response.elbv2_backend.load_balancers.values()
        for listener in balancer.listeners.values()
    )
    return [
        listener.arn
        for listener in listeners
        if (getattr(listener, "mutual_authentication", None) or {}).get("TrustStoreArn") == arn
    ]


def create_trust_store(self):
    params = self._get_params()
    name = params["Name"]
    if any(store.name == name for store in stores_of(self).values()):
        raise ELBClientError("DuplicateTrustStoreName", f"A trust store named '{name}' already exists")
    identifier = mock_random.get_random_hex(16)
    arn = (
        f"arn:{self.partition}:elasticloadbalancing:{self.region}:{self.current_account}:truststore/{name}/{identifier}"
    )
    store = TrustStore(name, arn, read_bundle(self, params))
    stores_of(self)[arn] = store
    self.elbv2_backend.tagging_service.tag_resource(arn, params.get("Tags"))
    return ActionResult({"TrustStores": [store]})


def describe_trust_stores(self):
    params = self._get_params()
    arns, names = params.get("TrustStoreArns"), params.get("Names")
    if arns:
        stores = [find(self, arn) for arn in arns]
    else:
        stores = [s for s in stores_of(self).values() if not names or s.name in names]
    return ActionResult({"TrustStores": stores})


def modify_trust_store(self):
    params = self._get_params()
    store = find(self, params["TrustStoreArn"])
    store.replace(read_bundle(self, params))
    return ActionResult({"TrustStores": [store]})


def delete_trust_store(self):
    arn = self._get_params()["TrustStoreArn"]
    find(self, arn)
    if users_of(self, arn):
        raise ELBClientError("TrustStoreInUse", f"Trust store '{arn}' is currently in use by a listener")
    del stores_of(self)[arn]
    return EmptyResult()


def describe_trust_store_associations(self):
    arn = self._get_params()["TrustStoreArn"]
    return ActionResult({"TrustStoreAssociations": [{"ResourceArn": user} for user in users_of(self, arn)]})


def describe_trust_store_revocations(self):
    find(self, self._get_params()["TrustStoreArn"])
    return ActionResult({"TrustStoreRevocations": []})


def apply():
    for operation in (
        create_trust_store,
        describe_trust_stores,
        modify_trust_store,
        delete_trust_store,
        describe_trust_store_associations,
        describe_trust_store_revocations,
    ):
        setattr(ELBV2Response, operation.__name__, operation)

    # moto looks resources up by the kind in their ARN and knows no trust stores.
    from moto.elbv2.models import ELBv2Backend

    known = ELBv2Backend._get_resource_by_arn

    def get_resource_by_arn(self, arn):
        store = self.__dict__.get("trust_stores", {}).get(arn)
        return store or known(self, arn)

    ELBv2Backend._get_resource_by_arn = get_resource_by_arn
