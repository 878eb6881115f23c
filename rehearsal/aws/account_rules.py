"""Rules about the state of the account: resources in use cannot be deleted, names stay reserved, some resources need others first."""

from rule import Rule, at
from stores import store

EC2_ERRORS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"


def balancers(call):
    return list(store("elbv2", call.region).load_balancers.values())


def endpoints(call):
    # moto keeps deleted ones.
    return [one for one in store("ec2", call.region).vpc_end_points.values() if one.state != "deleted"]


def group_in_use(call):
    group_id = call.params.get("GroupId")
    ec2 = store("ec2", call.region)
    by_balancer = any(group_id in one.security_groups for one in balancers(call))
    by_interface = any(group_id in [group.id for group in eni.group_set or []] for eni in ec2.enis.values())
    by_endpoint = any(group_id in (one.security_group_ids or []) for one in endpoints(call))
    by_service = any(
        group_id in at(service.network_configuration or {}, "awsvpcConfiguration.securityGroups[]")
        for service in services(call)
    )
    by_rule = any(
        group_id in [(rule.source_group or {}).get("GroupId") for rule in (*group.ingress_rules, *group.egress_rules)]
        for groups in list(ec2.groups.values())
        for group in list(groups.values())
        if group.id != group_id
    )
    return (by_balancer or by_interface or by_endpoint or by_service or by_rule) and {"value": group_id}


def services(call):
    found = list(store("ecs", call.region).services.values())
    return [one for one in found if one.status == "ACTIVE"]


def subnet_in_use(call):
    subnet_id = call.params.get("SubnetId")
    ec2 = store("ec2", call.region)
    by_balancer = any(subnet_id in one.subnets for one in balancers(call))
    by_gateway = any(one.subnet_id == subnet_id and one.state != "deleted" for one in ec2.nat_gateways.values())
    by_endpoint = any(subnet_id in (one.subnet_ids or []) for one in endpoints(call))
    by_service = any(
        subnet_id in at(service.network_configuration or {}, "awsvpcConfiguration.subnets[]")
        for service in services(call)
    )
    return (by_balancer or by_gateway or by_endpoint or by_service) and {"value": subnet_id}


def public_addresses(call):
    vpc_id = call.params.get("VpcId")
    ec2 = store("ec2", call.region)
    subnets = {subnet.id for zone in ec2.subnets.values() for subnet in zone.values() if subnet.vpc_id == vpc_id}
    by_gateway = any(one.subnet_id in subnets and one.state != "deleted" for one in ec2.nat_gateways.values())
    by_balancer = any(one.vpc_id == vpc_id and one.scheme == "internet-facing" for one in balancers(call))
    return (by_gateway or by_balancer) and {"value": vpc_id}


def attached_gateway(call):
    vpc_id = call.params.get("VpcId")
    ec2 = store("ec2", call.region)
    by_gateway = any(one.vpc and one.vpc.id == vpc_id for one in ec2.internet_gateways.values())
    by_group = any(group.name != "default" for group in ec2.groups.get(vpc_id, {}).values())
    return (by_gateway or by_group) and {"value": vpc_id}


def address_in_use(call):
    allocation = call.params.get("AllocationId")
    used = {
        item.get("allocationId")
        for one in store("ec2", call.region).nat_gateways.values()
        if one.state != "deleted"
        for item in one.address_set
    }
    return allocation in used and {"value": allocation}


def cluster_in_use(call):
    name = call.params.get("cluster", "").split("/")[-1]
    return any(one.cluster_name == name for one in services(call))


def without_balancer(call):
    elb = store("elbv2", call.region)
    for arn in at(call.params, "loadBalancers[].targetGroupArn"):
        group = elb.target_groups.get(arn)
        if group is None or not group.load_balancer_arns:
            return {"value": arn}
    return None


def certificate_in_use(call):
    arn = call.params.get("CertificateArn")
    elb = store("elbv2", call.region)
    used = {
        certificate
        for balancer in elb.load_balancers.values()
        for listener in balancer.listeners.values()
        for certificate in listener.certificates or []
    }
    return arn in used and {"value": arn}


def firewall_in_use(call):
    found = [one for one in store("wafv2", call.region).wacls.values() if one.id == call.params.get("Id")]
    return any(one.associated_resources for one in found)


def other_records(call):
    zone = store("route53", call.region).zones.get(str(call.params.get("HostedZoneId", "")).split("/")[-1])
    deleted = {
        (change["ResourceRecordSet"]["Name"].rstrip("."), change["ResourceRecordSet"]["Type"])
        for change in at(call.params, "ChangeBatch.Changes[]")
        if change["Action"] == "DELETE"
    }
    for change in at(call.params, "ChangeBatch.Changes[]"):
        record = change["ResourceRecordSet"]
        name, kind = record["Name"].rstrip("."), record["Type"]
        if change["Action"] == "DELETE" or (name, kind) in deleted:
            continue
        for one in zone.rrsets if zone else []:
            if (one.name.rstrip("."), one.type) != (name, kind):
                continue
            if bool(one.set_identifier) != bool(record.get("SetIdentifier")):
                return {"name": f"{name}.", "kind": kind, "id": record.get("SetIdentifier") or ""}
    return None


def secret_waits(call):
    secret = next(
        (one for one in store("secretsmanager", call.region).secrets.values() if one.name == call.params.get("Name")),
        None,
    )
    return bool(secret and secret.is_deleted())


def attached_policies(call):
    role = store("iam", call.region).roles
    found = next((one for one in role.values() if one.name == call.params.get("RoleName")), None)
    return (
        bool(found) and call.params.get("PolicyArn") not in found.managed_policies and len(found.managed_policies) >= 10
    )


def inline_size(call):
    found = next(
        (one for one in store("iam", call.region).roles.values() if one.name == call.params.get("RoleName")), None
    )
    others = {**(found.policies if found else {}), call.params.get("PolicyName"): call.params.get("PolicyDocument", "")}
    return sum(len("".join(text.split())) for text in others.values()) > 10240 and {
        "value": call.params.get("RoleName")
    }


def missing_session_policy(call):
    managed = store("iam", call.region).managed_policies
    return next(({"value": arn} for arn in at(call.params, "PolicyArns[].arn") if arn not in managed), None)


ROWS = (
    Rule("group-in-use", ("ec2:DeleteSecurityGroup",), EC2_ERRORS, "DependencyViolation",
         "resource {value} has a dependent object", group_in_use),
    Rule("subnet-in-use", ("ec2:DeleteSubnet",), EC2_ERRORS, "DependencyViolation",
         "The subnet '{value}' has dependencies and cannot be deleted.", subnet_in_use),
    Rule("vpc-in-use", ("ec2:DeleteVpc",), EC2_ERRORS, "DependencyViolation",
         "The vpc '{value}' has dependencies and cannot be deleted.", attached_gateway),
    Rule("public-addresses", ("ec2:DetachInternetGateway",), EC2_ERRORS, "DependencyViolation",
         "Network {value} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.",
         public_addresses),
    Rule("address-in-use", ("ec2:ReleaseAddress",), EC2_ERRORS, "InvalidIPAddress.InUse",
         "The address with allocation id {value} is in use.", address_in_use),
    Rule("cluster-in-use", ("ecs:DeleteCluster",),
         "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html", "ClusterContainsServicesException",
         "The Cluster cannot be deleted while Services are active.", cluster_in_use),
    Rule("group-without-balancer", ("ecs:CreateService",),
         "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html", "InvalidParameterException",
         "The target group with targetGroupArn {value} does not have an associated load balancer.", without_balancer),
    Rule("certificate-in-use", ("acm:DeleteCertificate",),
         "https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html", "ResourceInUseException",
         "Certificate {value} in account 123456789012 is in use.", certificate_in_use),
    Rule("firewall-in-use", ("wafv2:DeleteWebACL",),
         "https://docs.aws.amazon.com/waf/latest/APIReference/API_DeleteWebACL.html", "WAFAssociatedItemException",
         "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.",
         firewall_in_use),
    Rule("other-records", ("route53:ChangeResourceRecordSets",),
         "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-failover.html", "InvalidChangeBatch",
         "[RRSet with DNS name {name}, type {kind}, SetIdentifier {id} cannot be created as other RRSets exist with the same name and type.]",
         other_records),
    Rule("secret-name-waits", ("secretsmanager:CreateSecret",),
         "https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html", "InvalidRequestException",
         "You can't create this secret because a secret with this name is already scheduled for deletion.", secret_waits),
    Rule("role-policies", ("iam:AttachRolePolicy",),
         "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "LimitExceeded",
         "Cannot exceed quota for PoliciesPerRole: 10", attached_policies, 409),
    Rule("role-inline-size", ("iam:PutRolePolicy",),
         "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "LimitExceeded",
         "Maximum policy size of 10240 bytes exceeded for role {value}", inline_size, 409),
    # AWS documents the rule of the next two, not their message.
    Rule("session-policies", ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"),
         "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "ValidationError",
         "A session takes at most 10 managed policies.", lambda call: len(at(call.params, "PolicyArns[].arn")) > 10),
    Rule("session-policy-missing", ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"),
         "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html", "ValidationError",
         "The policy {value} does not exist in the account of the role.", missing_session_policy),
)  # fmt: skip
