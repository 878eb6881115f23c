"""A certificate is issued once every name's CNAME is in DNS, not after a minute.

https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""

from moto.acm.models import CertBundle
from moto.route53.models import route53_backends


def published(account_id):
    """CNAME records of all zones of the account, as (name, value) without the final dot."""
    found = set()
    for zone in route53_backends[account_id]["aws"].zones.values():
        for record_set in zone.rrsets:
            if record_set.type == "CNAME":
                found.update((record_set.name.rstrip("."), str(value).rstrip(".")) for value in record_set.records)
    return found


def is_validated(certificate):
    options = certificate.describe()["Certificate"].get("DomainValidationOptions", [])
    wanted = {
        (option["ResourceRecord"]["Name"].rstrip("."), option["ResourceRecord"]["Value"].rstrip("."))
        for option in options
        if "ResourceRecord" in option
    }
    return bool(wanted) and wanted <= published(certificate.arn.split(":")[4])


def apply():
    check_known = CertBundle.check

    def check(self):
        if self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION":
            if is_validated(self):
                self.status = "ISSUED"
            return
        check_known(self)

    CertBundle.check = check
