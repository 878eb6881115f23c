"""Rules about the values of one call."""

import ipaddress
import json

from rule import Rule, at, text

EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/"
ECS = "https://docs.aws.amazon.com/AmazonECS/latest/"
GROUP_TEXT = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"
GROUP_SET = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
RULE_TEXTS = tuple(
    f"IpPermissions[].{kind}[].Description" for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
)
BALANCER_NAME = r"(?!internal-)(?!-)[a-zA-Z0-9-]{1,32}(?<!-)"
# vCPU units: smallest, largest memory and its step, in MiB.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICY_CHARACTERS = 6144
TRUST_CHARACTERS = 2048


def is_fargate(call):
    return "FARGATE" in (call.params.get("requiresCompatibilities") or [])


def containers(call):
    return call.params.get("containerDefinitions") or []


def fargate_size(call):
    if not is_fargate(call):
        return False
    try:
        cpu, memory = int(call.params.get("cpu") or 0), int(call.params.get("memory") or 0)
    except ValueError:
        return True
    return memory not in FARGATE.get(cpu, ())


def fargate_adds(call):
    added = [name for one in containers(call) for name in at(one, "linuxParameters.capabilities.add[]")]
    return is_fargate(call) and any(name != "SYS_PTRACE" for name in added)


def without_execution_role(call):
    asks = any(
        one.get("secrets") or one.get("logConfiguration", {}).get("logDriver") == "awslogs" for one in containers(call)
    )
    return is_fargate(call) and asks and not call.params.get("executionRoleArn")


def rule_values(call):
    """Values of all conditions of a listener rule together."""
    fields = (
        "Values",
        "HostHeaderConfig.Values",
        "PathPatternConfig.Values",
        "SourceIpConfig.Values",
        "HttpHeaderConfig.Values",
        "HttpRequestMethodConfig.Values",
        "QueryStringConfig.Values",
    )
    return sum(len(values) for field in fields for values in at(call.params, f"Conditions[].{field}")) > 5


def attribute_outside(key, least, most):
    """Broken if this attribute of a load balancer or target group is not a number in the range."""

    def broken(call):
        values = [one.get("Value") or "" for one in call.params.get("Attributes") or [] if one.get("Key") == key]
        return any(not value.isdigit() or not least <= int(value) <= most for value in values)

    return broken


def mask_outside(path):
    def broken(call):
        for cidr in at(call.params, path):
            try:
                length = ipaddress.ip_network(cidr, strict=False).prefixlen
            except ValueError:
                return {"value": cidr}
            if not 16 <= length <= 28:
                return {"value": cidr}
        return None

    return broken


def longer(path, most):
    """IAM does not count white space."""

    def broken(call):
        return any(len("".join(value.split())) > most for value in at(call.params, path))

    return broken


def tags_of(call):
    for path in (
        "Tags[]",
        "tags[]",
        "TagSet[]",
        "ResourceTags[]",
        "TagSpecifications[].Tags[]",
        "Tagging.TagSet[]",
        "AddTags[]",
    ):
        for tag in at(call.params, path):
            if isinstance(tag, dict):
                yield tag.get("Key", tag.get("key", "")), tag.get("Value", tag.get("value", "")) or ""
    for path in ("tags", "Tags"):
        for tags in at(call.params, path):
            if isinstance(tags, dict):
                yield from tags.items()


def reserved_tag(call):
    return next(({"value": key} for key, _ in tags_of(call) if key.lower().startswith("aws:")), None)


def long_tag(call):
    return next(({"value": key} for key, value in tags_of(call) if len(key) > 128 or len(value) > 256), None)


def scaling_range(call):
    least, most = call.params.get("MinCapacity"), call.params.get("MaxCapacity")
    return least is not None and most is not None and least > most


def alarm_period(call):
    period = call.params.get("Period")
    return period is not None and period not in (10, 20, 30) and period % 60 != 0


def alarm_span(call):
    period, evaluated = call.params.get("Period") or 0, call.params.get("EvaluationPeriods") or 0
    return period * evaluated > (7 * 86400 if period >= 3600 else 86400)


def firewall_priorities(call):
    priorities = at(call.params, "Rules[].Priority")
    return len(priorities) != len(set(priorities))


def locks_out(call):
    """No statement allows anybody in the account to change the policy later."""
    if call.params.get("BypassPolicyLockoutSafetyCheck") or not call.params.get("Policy"):
        return False
    document = json.loads(call.params["Policy"])
    listed = document.get("Statement", [])
    for statement in listed if isinstance(listed, list) else [listed]:
        actions = statement.get("Action", [])
        actions = actions if isinstance(actions, list) else [actions]
        if statement.get("Effect") == "Allow" and any(
            a in ("*", "kms:*", "kms:Put*", "kms:PutKeyPolicy") for a in actions
        ):
            return False
    return True


TAGGING = (
    "acm:RequestCertificate", "acm:AddTagsToCertificate", "application-autoscaling:RegisterScalableTarget",
    "cloudwatch:PutMetricAlarm", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateSecurityGroup",
    "ecr:CreateRepository", "ecs:CreateCluster", "ecs:CreateService", "ecs:RegisterTaskDefinition", "ecs:TagResource",
    "elbv2:CreateLoadBalancer", "elbv2:CreateTargetGroup", "elbv2:CreateListener", "elbv2:CreateRule", "elbv2:AddTags",
    "iam:CreateRole", "iam:CreatePolicy", "iam:TagRole", "kms:CreateKey", "logs:CreateLogGroup", "route53:ChangeTagsForResource",
    "s3:PutBucketTagging", "secretsmanager:CreateSecret", "sns:CreateTopic", "wafv2:CreateWebACL",
)  # fmt: skip

ROWS = (
    Rule("group-description", ("ec2:CreateSecurityGroup",), EC2 + "API_CreateSecurityGroup.html", "InvalidParameterValue",
         f"Value ({{value}}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported; valid are strings less than 256 characters from the following set: {GROUP_SET.replace('{', '{{').replace('}', '}}')}",
         text(("Description",), GROUP_TEXT)),
    Rule("group-name", ("ec2:CreateSecurityGroup",), EC2 + "API_CreateSecurityGroup.html", "InvalidParameterValue",
         "Invalid value '{value}' for groupName. Group names may not be in the format sg-*",
         text(("GroupName",), r"(?!sg-)" + GROUP_TEXT)),
    Rule("group-rule-description",
         ("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:ModifySecurityGroupRules",
          "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress"),
         EC2 + "API_IpRange.html", "InvalidParameterValue",
         f"Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: {GROUP_SET.replace('{', '{{').replace('}', '}}')}",
         text((*RULE_TEXTS, "SecurityGroupRules[].SecurityGroupRule.Description"), GROUP_TEXT)),
    Rule("subnet-range", ("ec2:CreateSubnet",), EC2 + "API_CreateSubnet.html", "InvalidSubnet.Range",
         "The CIDR '{value}' is invalid.", mask_outside("CidrBlock")),
    Rule("balancer-name", ("elbv2:CreateLoadBalancer",), ELB + "APIReference/API_CreateLoadBalancer.html", "ValidationError",
         "The load balancer name '{value}' can have at most 32 alphanumeric characters or hyphens, and can't begin with 'internal-' or begin or end with a hyphen",
         text(("Name",), BALANCER_NAME)),
    Rule("idle-range", ("elbv2:ModifyLoadBalancerAttributes",), ELB + "application/edit-load-balancer-attributes.html", "ValidationError",
         "The value of 'idle_timeout.timeout_seconds' must be between 1 and 4000.", attribute_outside("idle_timeout.timeout_seconds", 1, 4000)),
    Rule("drain-range", ("elbv2:ModifyTargetGroupAttributes",), ELB + "application/edit-target-group-attributes.html", "ValidationError",
         "The value of 'deregistration_delay.timeout_seconds' must be between 0 and 3600.", attribute_outside("deregistration_delay.timeout_seconds", 0, 3600)),
    Rule("rule-values", ("elbv2:CreateRule", "elbv2:ModifyRule"), ELB + "application/load-balancer-limits.html", "ValidationError",
         "A rule can only have '5' condition values", rule_values),
    Rule("fargate-size", ("ecs:RegisterTaskDefinition",), ECS + "developerguide/task-cpu-memory-error.html", "ClientException",
         "No Fargate configuration exists for given values.", fargate_size),
    Rule("fargate-network", ("ecs:RegisterTaskDefinition",), ECS + "developerguide/fargate-tasks-services.html", "ClientException",
         "Fargate only supports network mode ‘awsvpc’.",
         lambda call: is_fargate(call) and call.params.get("networkMode") != "awsvpc"),
    Rule("fargate-stop-timeout", ("ecs:RegisterTaskDefinition",), ECS + "APIReference/API_ContainerDefinition.html", "ClientException",
         "Fargate tasks have a maximum stopTimeout of 120 seconds.",
         lambda call: is_fargate(call) and any((one.get("stopTimeout") or 0) > 120 for one in containers(call))),
    Rule("fargate-capabilities", ("ecs:RegisterTaskDefinition",), ECS + "APIReference/API_KernelCapabilities.html", "ClientException",
         "Fargate tasks can add only the SYS_PTRACE kernel capability.", fargate_adds),
    Rule("fargate-execution-role", ("ecs:RegisterTaskDefinition",), ECS + "developerguide/task_execution_IAM_role.html", "ClientException",
         "Fargate requires task definition to have execution role ARN to support log driver awslogs and secrets.", without_execution_role),
    Rule("role-trust-size", ("iam:CreateRole", "iam:UpdateAssumeRolePolicy"),
         "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "LimitExceeded",
         "Cannot exceed quota for ACLSizePerRole: 2048",
         lambda call: longer("AssumeRolePolicyDocument", TRUST_CHARACTERS)(call) or longer("PolicyDocument", TRUST_CHARACTERS)(call), 409),
    Rule("policy-size", ("iam:CreatePolicy", "iam:CreatePolicyVersion"),
         "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "LimitExceeded",
         "Cannot exceed quota for PolicySize: 6144", longer("PolicyDocument", POLICY_CHARACTERS), 409),
    Rule("log-retention", ("logs:PutRetentionPolicy",),
         "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html", "InvalidParameterException",
         "Invalid retentionInDays value",
         lambda call: call.params.get("retentionInDays") not in RETENTION),
    Rule("log-group-reserved", ("logs:CreateLogGroup",),
         "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html", "InvalidParameterException",
         "Log groups starting with AWS/ are reserved for AWS.", lambda call: call.params.get("logGroupName", "").startswith("aws/")),
    Rule("key-waiting-time", ("kms:ScheduleKeyDeletion",),
         "https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html", "ValidationException",
         "PendingWindowInDays must be between 7 and 30 (inclusive)",
         lambda call: not 7 <= (call.params.get("PendingWindowInDays") or 30) <= 30),
    Rule("key-lockout", ("kms:CreateKey", "kms:PutKeyPolicy"),
         "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html", "MalformedPolicyDocumentException",
         "The new key policy will not allow you to update the key policy in the future.", locks_out),
    Rule("firewall-log-name", ("wafv2:PutLoggingConfiguration",),
         "https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html", "WAFInvalidParameterException",
         "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes., field: LOG_DESTINATION, parameter: {value}",
         text(("LoggingConfiguration.LogDestinationConfigs[]",), r"arn:aws:logs:[^:]+:\d+:log-group:aws-waf-logs-[^:]+|arn:aws:(firehose|s3):.*aws-waf-logs-.*")),
    Rule("firewall-priorities", ("wafv2:CreateWebACL", "wafv2:UpdateWebACL"),
         "https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html", "WAFInvalidParameterException",
         "Error reason: Your request contains duplicate rule priorities., field: RULE_PRIORITY", firewall_priorities),
    Rule("scaling-range", ("application-autoscaling:RegisterScalableTarget",),
         "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html", "ValidationException",
         "Maximum capacity cannot be less than minimum capacity", scaling_range),
    Rule("alarm-period", ("cloudwatch:PutMetricAlarm",),
         "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html", "ValidationError",
         "The parameter Period must be 10, 20, 30 or a multiple of 60", alarm_period),
    Rule("alarm-span", ("cloudwatch:PutMetricAlarm",),
         "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html", "ValidationError",
         "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)", alarm_span),
    Rule("tag-reserved", TAGGING, "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html", "InvalidParameterValue",
         "Tag keys starting with 'aws:' are reserved for internal use: {value}", reserved_tag),
    Rule("tag-length", TAGGING, "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html", "InvalidParameterValue",
         "Tag key exceeds the maximum length of 128 characters or its value that of 256 characters: {value}", long_tag),
)  # fmt: skip
