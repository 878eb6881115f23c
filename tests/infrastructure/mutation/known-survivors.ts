/** A mutant that no check detects, with a verdict. */
export interface KnownSurvivor {
  /** The mutant's id: operator, place, new value. */
  id: string;
  /** equivalent: the environment is the same. accepted: it differs, which is acceptable. to do: a check is missing. */
  verdict: 'equivalent' | 'accepted' | 'to do';
  why: string;
}

const same = (why: string, ...ids: string[]): KnownSurvivor[] =>
  ids.map((id) => ({ id, verdict: 'equivalent', why }));
const accepted = (why: string, ...ids: string[]): KnownSurvivor[] =>
  ids.map((id) => ({ id, verdict: 'accepted', why }));

const RULES = 'aws_lb_listener_rule';
const LOGS = 'staging aws_s3_bucket_lifecycle_configuration.access_logs rule.0';

export const KNOWN_SURVIVORS: readonly KnownSurvivor[] = [
  ...same(
    'only the order of priorities counts, and it stays',
    'move-number: bootstrap aws_ecr_lifecycle_policy.agent policy.rules.0.rulePriority -> more',
    'move-number: bootstrap aws_ecr_lifecycle_policy.agent policy.rules.1.rulePriority -> more',
    `move-number: staging ${RULES}.people priority -> more`,
    `move-number: staging ${RULES}.token action.0.order -> less`,
    `move-number: staging ${RULES}.token action.1.order -> more`,
    'move-number: staging aws_wafv2_web_acl.staging rule.1.priority -> more',
    `nudge-number: staging ${RULES}.agent_cards priority -> +1`,
    `nudge-number: staging ${RULES}.forged_certificate priority -> +1`,
    `nudge-number: staging ${RULES}.health priority -> +1`,
    `nudge-number: staging ${RULES}.people priority -> +1`,
    `nudge-number: staging ${RULES}.token action.1.order -> +1`,
    `nudge-number: staging ${RULES}.token priority -> +1`,
    'nudge-number: staging aws_wafv2_web_acl.staging rule.1.priority -> +1',
  ),
  ...same(
    'ACM counts the main name among the others by itself',
    'swap-reference: staging aws_acm_certificate.staging subject_alternative_names.1 -> aws_route53_record.failover_primary["staging"]',
    'drop-element: staging aws_acm_certificate.staging subject_alternative_names.1 -> without aws-staging.lornu.example',
  ),
  ...same('no filter is the filter that fits everything', `drop-element: ${LOGS}.filter.0 -> without {}`),
  ...same(
    'the provider refuses 0; a plan shows 0 where the setting is left out, and then all periods have to be bad',
    ...['faults', 'load_balancer_5xx', 'p99', 'target_5xx'].map(
      (name) => `move-number: staging aws_cloudwatch_metric_alarm.${name} datapoints_to_alarm -> less`,
    ),
  ),
  ...accepted(
    '16,383 open files are enough for the 3,000 streams that a process is built to hold',
    'move-number: staging aws_ecs_task_definition.agent container_definitions.0.ulimits.0.softLimit -> less',
  ),
  ...accepted(
    'the record is asked for once a year, at a renewal',
    'move-number: staging aws_route53_record.certificate ttl -> more',
    'move-number: staging aws_route53_record.certificate ttl -> less',
  ),
  ...accepted(
    'days more or less of what nobody reads cost cents',
    `move-number: ${LOGS}.abort_incomplete_multipart_upload.0.days_after_initiation -> more`,
    `move-number: ${LOGS}.noncurrent_version_expiration.0.noncurrent_days -> more`,
    `move-number: ${LOGS}.noncurrent_version_expiration.0.noncurrent_days -> less`,
  ),
];
