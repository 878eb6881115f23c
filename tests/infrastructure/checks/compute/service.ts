import type { Checks } from '../check.ts';
import { NAME, list, sameSet, textOfEach } from '../facts.ts';
import { container } from './task.ts';

export const service: Checks = {
  // Alarms, the dashboard and `lornu deploy` know the cluster by its name; without insights nothing counts tasks.
  'compute/cluster': ({ staging }, must) => {
    const cluster = staging.one('aws_ecs_cluster.staging');
    must(cluster.text('name') === NAME, 'The cluster has the name of another environment.');
    const insights = cluster.blocks('setting').map((one) => `${one.text('name')} ${one.text('value')}`);
    must(
      insights.includes('containerInsights enhanced'),
      'Nobody counts running tasks: the alarm on them never fires.',
    );
  },
  // A service that runs something else, elsewhere, serves something else.
  'compute/service-runs-the-task': ({ staging }, must) => {
    const one = staging.one('aws_ecs_service.agent');
    must(one.text('name') === 'agent', '`lornu deploy` does not find the service.');
    must(
      one.text('cluster') === staging.id('aws_ecs_cluster.staging'),
      'The service runs in another cluster.',
    );
    must(
      one.text('task_definition') === staging.arn('aws_ecs_task_definition.agent'),
      'The service runs another task.',
    );
    must(one.text('launch_type') === 'FARGATE', 'There are no machines of our own to run on.');
    must(one.text('platform_version') === 'LATEST', 'An old platform lacks tmpfs and task protection.');
    must(!one.flag('enable_execute_command'), 'A shell can be opened in a task, with its role.');
  },
  // Tasks are reached through the load balancer alone, in both zones.
  'compute/service-network': ({ staging }, must) => {
    const network = staging.one('aws_ecs_service.agent').block('network_configuration');
    must(!network.flag('assign_public_ip'), 'Tasks are on the internet.');
    must(
      sameSet(network.texts('subnets'), staging.ids('aws_subnet.private')),
      'Tasks are not in the private subnets of both zones.',
    );
    const registration = staging.one('aws_ecs_service.agent').block('load_balancer');
    must(
      registration.text('target_group_arn') === staging.arn('aws_lb_target_group.agent'),
      'Tasks are registered with another target group.',
    );
    must(
      registration.text('container_name') === container(staging).text('name'),
      'Another container is served.',
    );
    must(
      registration.number('container_port') === container(staging).number('portMappings.0.containerPort'),
      'Requests go to a port on which nothing listens.',
    );
  },
  // One task in each zone, always: also while a new one starts.
  'compute/two-tasks': ({ staging }, must) => {
    const one = staging.one('aws_ecs_service.agent');
    const count = staging.input('task_count');
    must(
      one.number('desired_count') === count.number('value.min'),
      'The service starts with another number of tasks.',
    );
    must(one.number('desired_count') >= 2, 'The loss of one zone takes the only task.');
    must(
      one.text('availability_zone_rebalancing') === 'ENABLED',
      'After a zone came back all tasks stay in the other.',
    );
    must(
      one.number('deployment_minimum_healthy_percent') === 100,
      'A deploy takes a task away before another is there.',
    );
    must(
      one.number('deployment_maximum_percent') === 200,
      'A deploy has no room for a new task beside the old ones.',
    );
  },
  // A bad version ends by itself: tasks that do not start, and tasks that start and answer badly.
  'compute/deploys-roll-back': ({ staging }, must) => {
    const one = staging.one('aws_ecs_service.agent');
    for (const name of ['deployment_circuit_breaker', 'alarms']) {
      must(one.flag(`${name}.0.enable`), `${name} does not watch a deploy.`);
      must(one.flag(`${name}.0.rollback`), `${name} stops a deploy and leaves the bad version.`);
    }
    const watching = ['faults', 'unhealthy_targets'].map((name) =>
      staging.one(`aws_cloudwatch_metric_alarm.${name}`).text('alarm_name'),
    );
    // Outsiders can cause 5xx responses, but neither faults nor unhealthy targets.
    const names = one.texts('alarms.0.alarm_names');
    must(sameSet(names, watching), `A deploy is watched by ${list(names)}.`);
    const grace = one.number('health_check_grace_period_seconds');
    must(grace >= 30 && grace <= 120, 'A task that starts is ended, or one that never will be is kept.');
    must(!one.flag('wait_for_steady_state'), 'Terraform calls a service that was rolled back steady.');
  },
  // Tasks are made by ECS: without these they carry no tag, and no bill shows what they are.
  'compute/tags-of-tasks': ({ staging }, must) => {
    const one = staging.one('aws_ecs_service.agent');
    must(one.flag('enable_ecs_managed_tags'), 'Tasks do not carry the tags of ECS.');
    must(one.text('propagate_tags') === 'SERVICE', "Tasks do not carry the service's tags.");
  },
  // ECS refuses a target group without a listener; a first task without its rights or the way to the registry fails,
  // and three failures end the first deployment.
  'compute/order-of-making': ({ staging }, must) => {
    const waits = staging.dependsOn('aws_ecs_service.agent');
    const needed = [
      'aws_route_table_association.private',
      'aws_vpc_security_group_egress_rule.alb_tasks',
      'aws_vpc_security_group_egress_rule.tasks_dns',
      'aws_vpc_security_group_egress_rule.tasks_https',
      'aws_vpc_security_group_ingress_rule.tasks_alb',
      'aws_lb_listener.https',
      'aws_lb_listener_rule.people',
      'aws_lb_listener_rule.token',
      'aws_iam_role_policy.task',
      'aws_iam_role_policy.execution',
    ];
    for (const one of needed) must(waits.includes(one), `The service does not wait for ${one}.`);
  },
  // Streams cost little CPU: a full task can look idle. Too quick in, and tasks come and go.
  'compute/autoscaling': ({ staging }, must) => {
    const target = staging.one('aws_appautoscaling_target.agent');
    const count = staging.input('task_count');
    must(
      target.number('min_capacity') === count.number('value.min'),
      'Autoscaling takes tasks below the least number.',
    );
    must(
      target.number('max_capacity') === count.number('value.max'),
      'Autoscaling may pay for other tasks than asked for.',
    );
    must(target.number('max_capacity') > target.number('min_capacity'), 'Autoscaling has no room.');
    const policies = staging.ofType('aws_appautoscaling_policy');
    must(
      sameSet(textOfEach(policies, 'name'), ['active-streams', 'cpu']),
      'Tasks are added for streams and for CPU.',
    );
    const scaled = `service/${staging.one('aws_ecs_cluster.staging').text('name')}/${staging.one('aws_ecs_service.agent').text('name')}`;
    for (const one of [target, ...policies]) {
      must(one.text('service_namespace') === 'ecs', `${one.address} scales something else.`);
      must(
        one.text('scalable_dimension') === 'ecs:service:DesiredCount',
        `${one.address} scales another number.`,
      );
      must(one.text('resource_id') === scaled, `${one.address} scales another service.`);
    }
    for (const policy of policies) {
      must(policy.text('policy_type') === 'TargetTrackingScaling', `${policy.address} is of another kind.`);
      const tracking = policy.block('target_tracking_scaling_policy_configuration');
      const out = tracking.number('scale_out_cooldown');
      const back = tracking.number('scale_in_cooldown');
      must(out >= 30 && out <= 120, `${policy.address} adds tasks too late, or twice for one wave.`);
      must(
        back >= 300 && back <= 900,
        `${policy.address} takes tasks away between two waves, or keeps them.`,
      );
    }
  },
  // A policy on a metric that nobody writes never acts, without a word.
  'compute/autoscaling-measures': ({ staging }, must) => {
    const tracking = (name: string) =>
      staging.one(`aws_appautoscaling_policy.${name}`).block('target_tracking_scaling_policy_configuration');
    const streams = tracking('streams');
    must(
      streams.number('target_value') === staging.input('streams_per_task').number('value'),
      'A task is called full at another number of streams than was asked for.',
    );
    const metric = streams.block('customized_metric_specification');
    // docs/metrics.md: the service writes these names.
    must(metric.text('namespace') === 'Lornu/Agent', 'The metric is looked for in another namespace.');
    must(metric.text('metric_name') === 'ActiveStreams', 'Another metric is followed.');
    must(metric.text('statistic') === 'Average', 'Each task reports its own count: their sum never falls.');
    must(metric.text('unit') === 'Count', 'The metric has another unit.');
    must(
      metric.block('dimensions').text('name') === 'Environment' &&
        metric.block('dimensions').text('value') === 'staging',
      'The metric of another environment is followed.',
    );
    const cpu = tracking('cpu');
    must(
      cpu.text('predefined_metric_specification.0.predefined_metric_type') ===
        'ECSServiceAverageCPUUtilization',
      'Another metric than CPU is followed.',
    );
    const percent = cpu.number('target_value');
    must(percent >= 40 && percent <= 75, 'Tasks are added too late for their start, or stand idle.');
  },
};
