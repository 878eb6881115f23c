"""Resources that AWS deletes with their owner: the default network ACL of a VPC, the interface of a NAT gateway.

https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
"""

from moto.ec2.models import EC2Backend


def apply():
    delete_vpc, delete_nat_gateway = EC2Backend.delete_vpc, EC2Backend.delete_nat_gateway

    def delete_vpc_with_acl(self, vpc_id):
        vpc = delete_vpc(self, vpc_id)
        for acl_id in [acl.id for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
            del self.network_acls[acl_id]
        return vpc

    def delete_nat_gateway_with_interface(self, nat_gateway_id):
        gateway = delete_nat_gateway(self, nat_gateway_id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    EC2Backend.delete_vpc = delete_vpc_with_acl
    EC2Backend.delete_nat_gateway = delete_nat_gateway_with_interface
