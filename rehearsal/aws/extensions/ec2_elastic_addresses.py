"""Elastic addresses from a documentation range (RFC 5737), each unique. moto's are loopback addresses.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
"""

import ipaddress

from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend

RANGE = ipaddress.ip_network("192.0.2.64/26")


def apply():
    allocate = ElasticAddressBackend.allocate_address

    def allocate_free(self, domain, address=None, tags=None):
        taken = {one.public_ip for one in self.addresses}
        return allocate(self, domain, address or next(str(one) for one in RANGE.hosts() if str(one) not in taken), tags)

    ElasticAddressBackend.allocate_address = allocate_free
