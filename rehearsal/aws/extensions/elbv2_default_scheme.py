"""A load balancer without a scheme is internet-facing.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from moto.elbv2.models import ELBv2Backend


def apply():
    create = ELBv2Backend.create_load_balancer

    def create_load_balancer(self, *positional, **named):
        balancer = create(self, *positional, **named)
        balancer.scheme = balancer.scheme or "internet-facing"
        return balancer

    ELBv2Backend.create_load_balancer = create_load_balancer
