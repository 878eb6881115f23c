"""moto's stores, by service."""

from moto.backends import get_backend

ACCOUNT = "123456789012"
# These services have one store for the whole partition.
GLOBAL = {"budgets", "iam", "route53", "s3", "sts"}


def stores(service):
    return get_backend(service)[ACCOUNT]


def store(service, region=""):
    return stores(service)["aws" if service in GLOBAL else region]
