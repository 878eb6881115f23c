import type { StackView } from '../plan/view.ts';
import type { Checks } from './check.ts';
import { accountOf, list, sameSet } from './facts.ts';
import { taskSecrets } from './compute/environment.ts';

export const outputs: Checks = {
  // `lornu deploy`, `verify` and `doctor` and terraform/gcp find the environment by these.
  'outputs/staging': ({ staging }, must) => {
    const of = (address: string, path: string) => staging.one(address).text(path);
    const url = `https://${staging.input('domain_name').text('value')}`;
    const wanted: Record<string, string> = {
      url,
      load_balancer_dns_name: of('aws_lb.staging', 'dns_name'),
      cluster_name: of('aws_ecs_cluster.staging', 'name'),
      service_name: of('aws_ecs_service.agent', 'name'),
      task_definition_arn: of('aws_ecs_task_definition.agent', 'arn'),
      target_group_arn: of('aws_lb_target_group.agent', 'arn'),
      task_security_group_id: of('aws_security_group.tasks', 'id'),
      task_role_arn: of('aws_iam_role.task', 'arn'),
      log_group_name: of('aws_cloudwatch_log_group.agent', 'name'),
      alarm_topic_arn: of('aws_sns_topic.alarms', 'arn'),
    };
    if (staging.input('mutual_tls').has('value')) wanted['mutual_tls_url'] = `${url}:8443`;
    const failover = staging.input('failover_domain_name').text('value');
    if (failover !== '') wanted['failover_url'] = `https://${failover}`;
    for (const [name, value] of Object.entries(wanted)) {
      must(staging.output(name).text('value') === value, `Output ${name} is not ${value}.`);
    }
    mustList(staging, 'private_subnet_ids', 'aws_subnet.private', 'id');
    mustList(staging, 'egress_addresses', 'aws_eip.nat', 'public_ip');

    function mustList(stack: StackView, name: string, block: string, path: string): void {
      const all = stack.all(block).map((one) => one.text(path));
      must(sameSet(stack.output(name).texts('value'), all), `Output ${name} is not ${list(all)}.`);
    }
  },
  // A person fills what these name; a secret that they leave out stays empty, and tasks do not start.
  'outputs/secrets-to-fill': ({ staging, bootstrap }, must) => {
    const read = taskSecrets(staging);
    const all = bootstrap.all('aws_secretsmanager_secret.staging');
    const wanted = all.filter(({ key = '' }) => read.includes(key)).map((secret) => secret.text('name'));
    const found = staging.output('secret_names').texts('value');
    must(sameSet(found, wanted), `The output of staging says ${list(found)}.`);
    const listed = bootstrap.output('secret_names');
    for (const secret of all) {
      const name = secret.text('name');
      must(
        listed.text(`value.${name}`) === secret.text('description'),
        `The output of bootstrap does not say what ${name} holds.`,
      );
    }
    must(listed.keys('value').length === all.length, 'The output of bootstrap names a secret more.');
  },
  // The workflow is given these: a wrong role fails, or may too much.
  'outputs/bootstrap': ({ bootstrap }, must) => {
    const of = (address: string, path: string) => bootstrap.one(address).text(path);
    const wanted: Record<string, string> = {
      plan_role_arn: of('aws_iam_role.plan', 'arn'),
      publish_role_arn: of('aws_iam_role.publish', 'arn'),
      apply_role_arn: of('aws_iam_role.apply', 'arn'),
      boundary_arn: of('aws_iam_policy.boundary', 'arn'),
      image_repository_url: of('aws_ecr_repository.agent', 'repository_url'),
    };
    for (const [name, value] of Object.entries(wanted)) {
      must(bootstrap.output(name).text('value') === value, `Output ${name} is not ${value}.`);
    }
    must(
      wanted['boundary_arn'] === `arn:aws:iam::${accountOf(bootstrap)}:policy/LornuStagingBoundary`,
      'Staging names another boundary.',
    );
  },
};
