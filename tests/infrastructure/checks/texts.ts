import type { Reader } from '../plan/reader.ts';
import type { Check } from './check.ts';

/** What a service takes in a text, which neither the provider nor the emulator looks at. */
interface Form {
  pattern: RegExp;
  /** Where AWS says so. */
  page: string;
}

const EC2 = 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html';
const ELB =
  'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html';
const IAM = 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html';
const WAF = 'https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html';
const SECRET = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html';
const ALARM = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html';

const GROUP_TEXT: Form = { pattern: /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/, page: EC2 };
const BALANCER_NAME: Form = {
  pattern: /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/,
  page: ELB,
};
const IAM_NAME: Form = { pattern: /^[\w+=,.@-]{1,64}$/, page: IAM };
const IAM_TEXT: Form = { pattern: /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]{0,1000}$/, page: IAM };
const WAF_NAME: Form = { pattern: /^[\w-]{1,128}$/, page: WAF };
const ALARM_TEXT: Form = { pattern: /^[^\p{Cc}]{1,255}$/u, page: ALARM };

/** Every planned name and description, by type and path; a type that is not here has none. */
const FORMS: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  aws_security_group: {
    name: { ...GROUP_TEXT, pattern: /^(?!sg-)[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/ },
    description: GROUP_TEXT,
  },
  aws_vpc_security_group_egress_rule: { description: GROUP_TEXT },
  aws_vpc_security_group_ingress_rule: { description: GROUP_TEXT },
  aws_lb: { name: BALANCER_NAME },
  aws_lb_target_group: { name: BALANCER_NAME },
  aws_lb_trust_store: { name: BALANCER_NAME },
  aws_iam_role: { name: IAM_NAME, description: IAM_TEXT },
  aws_iam_policy: { name: { ...IAM_NAME, pattern: /^[\w+=,.@-]{1,128}$/ }, description: IAM_TEXT },
  aws_iam_role_policy: { name: { ...IAM_NAME, pattern: /^[\w+=,.@-]{1,128}$/ } },
  aws_secretsmanager_secret: {
    // AWS advises against a hyphen and six characters at the end, which look like its own suffix; full ARNs are used here.
    name: { pattern: /^[\w/+=.@-]{1,512}$/, page: SECRET },
    description: { pattern: /^[^]{0,2048}$/, page: SECRET },
  },
  aws_kms_key: {
    description: {
      pattern: /^[^]{0,8192}$/,
      page: 'https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html',
    },
  },
  aws_kms_alias: {
    name: {
      pattern: /^alias\/(?!aws\/)[a-zA-Z0-9/_-]{1,250}$/,
      page: 'https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html',
    },
  },
  aws_wafv2_web_acl: {
    name: WAF_NAME,
    description: { pattern: /^[\w+=:#@/\-,.][\w+=:#@/\-,.\s]{0,254}[\w+=:#@/\-,.]$/, page: WAF },
    'visibility_config.0.metric_name': WAF_NAME,
  },
  aws_cloudwatch_metric_alarm: {
    alarm_name: ALARM_TEXT,
    alarm_description: { pattern: /^[^]{0,1024}$/, page: ALARM },
  },
  aws_cloudwatch_dashboard: {
    dashboard_name: {
      pattern: /^[A-Za-z0-9_-]{1,255}$/,
      page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html',
    },
  },
  aws_cloudwatch_log_group: {
    name: {
      pattern: /^[.\-_/#A-Za-z0-9]{1,512}$/,
      page: 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html',
    },
  },
  aws_sns_topic: {
    name: {
      pattern: /^[A-Za-z0-9_-]{1,256}$/,
      page: 'https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html',
    },
  },
  aws_budgets_budget: {
    name: {
      pattern: /^(?!.*\/action\/)[^:\\]{1,100}$/i,
      page: 'https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html',
    },
  },
  aws_ecs_cluster: {
    name: {
      pattern: /^[A-Za-z0-9_-]{1,255}$/,
      page: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html',
    },
  },
  aws_ecs_service: {
    name: {
      pattern: /^[A-Za-z0-9_-]{1,255}$/,
      page: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html',
    },
  },
  aws_ecs_task_definition: {
    family: {
      pattern: /^[A-Za-z0-9_-]{1,255}$/,
      page: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html',
    },
  },
  aws_ecr_repository: {
    name: {
      pattern: /^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/,
      page: 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html',
    },
  },
  aws_appautoscaling_policy: {
    name: {
      pattern: /^[^\p{Cc}]{1,256}$/u,
      page: 'https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html',
    },
  },
  aws_s3_bucket: {
    bucket: {
      pattern:
        /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3)$)[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/,
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html',
    },
  },
};
/** Names that are not given here: a record's is a variable with a form of its own, the default group's is AWS's. */
const ELSEWHERE = new Set(['aws_default_security_group', 'aws_route53_record']);
const TEXTS = [
  'alarm_description',
  'alarm_name',
  'bucket',
  'dashboard_name',
  'description',
  'family',
  'group_description',
  'name',
];

export const texts: Check[] = [
  {
    id: 'texts/as-their-services-take-them',
    why: 'An apostrophe in a rule of a security group ends the apply: neither the provider nor the emulator looks at it.',
    run: ({ staging, bootstrap }, must) => {
      for (const stack of [staging, bootstrap]) {
        for (const type of Object.keys(FORMS)) {
          for (const one of stack.ofType(type)) mustFit(one, FORMS[type] ?? {});
        }
      }

      function mustFit(one: Reader, forms: Readonly<Record<string, Form>>): void {
        for (const [path, { pattern, page }] of Object.entries(forms)) {
          if (!one.has(path)) continue;
          const text = one.text(path);
          must(pattern.test(text), `${one.address}: AWS does not take the ${path} "${text}" (${page}).`);
        }
      }
    },
  },
  {
    id: 'texts/every-name-has-a-form',
    why: 'A type that nobody has looked up is a name that AWS may refuse.',
    run: ({ staging, bootstrap }, must) => {
      for (const stack of [staging, bootstrap]) {
        for (const one of stack.everything()) {
          const type = one.address.split('.')[0] ?? '';
          if (ELSEWHERE.has(type) || REFERS.has(type)) continue;
          for (const name of TEXTS) {
            if (!one.has(name)) continue;
            must(name in (FORMS[type] ?? {}), `${one.address}: no form is known of its ${name}.`);
          }
        }
      }
    },
  },
];

/** Types whose `bucket` is a reference to a bucket. */
const REFERS = new Set([
  'aws_s3_bucket_lifecycle_configuration',
  'aws_s3_bucket_ownership_controls',
  'aws_s3_bucket_policy',
  'aws_s3_bucket_public_access_block',
  'aws_s3_bucket_server_side_encryption_configuration',
  'aws_s3_bucket_versioning',
  'aws_s3_object',
]);
