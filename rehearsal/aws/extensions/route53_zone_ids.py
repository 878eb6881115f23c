"""Zone ids in AWS's form: they begin with Z, which the stack's variable requires.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
"""

from moto.route53.models import HostedZoneIdentifier


def apply():
    generate = HostedZoneIdentifier.generate

    def generate_with_z(self, existing_ids=None, tags=None):
        return "Z" + generate(self, existing_ids, tags)[:20]

    HostedZoneIdentifier.generate = generate_with_z
