import type { AwsClients } from '../emulator/aws-clients.ts';
import { idOf } from './asked-tasks.ts';
import type { SeenAlarm } from './deployment-alarms.ts';
import { readTaskDefinition, type TaskPlan } from './task-definition.ts';
import type { TargetState } from './task-health.ts';

/** ECS's calls to the other services of the account. */
export class EcsAccount {
  readonly #clients: AwsClients;
  readonly #cluster: string;
  readonly #plans = new Map<string, TaskPlan>();
  readonly #zones = new Map<string, string>();

  constructor(clients: AwsClients, cluster: string) {
    this.#clients = clients;
    this.#cluster = cluster;
  }

  /** A registered task definition never changes. */
  async plan(arn: string): Promise<TaskPlan> {
    const known = this.#plans.get(arn);
    if (known) return known;
    const { taskDefinition } = await this.#clients.ecs.describeTaskDefinition({ taskDefinition: arn });
    const plan = readTaskDefinition(taskDefinition ?? {});
    this.#plans.set(arn, plan);
    return plan;
  }

  /** The zone of each of the subnets. */
  async zones(subnetIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (subnetIds.some((id) => !this.#zones.has(id))) {
      const { Subnets = [] } = await this.#clients.ec2.describeSubnets({ SubnetIds: [...subnetIds] });
      for (const { SubnetId = '', AvailabilityZone = '' } of Subnets)
        this.#zones.set(SubnetId, AvailabilityZone);
    }
    return new Map(subnetIds.map((id) => [id, this.#zones.get(id) ?? '']));
  }

  async targetStates(groupArn: string): Promise<Map<string, TargetState>> {
    const { TargetHealthDescriptions = [] } = await this.#clients.elb.describeTargetHealth({
      TargetGroupArn: groupArn,
    });
    return new Map(
      TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
        Target?.Id ?? '',
        (TargetHealth?.State ?? 'unused') as TargetState,
      ]),
    );
  }

  async register(groupArn: string, address: string, port: number): Promise<void> {
    const Targets = [{ Id: address, Port: port }];
    await this.#clients.elb.registerTargets({ TargetGroupArn: groupArn, Targets });
  }

  async deregister(groupArn: string, addresses: readonly string[]): Promise<void> {
    if (addresses.length === 0) return;
    const Targets = addresses.map((Id) => ({ Id }));
    await this.#clients.elb.deregisterTargets({ TargetGroupArn: groupArn, Targets });
  }

  /** ECS asks by name; https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
  async alarms(names: readonly string[]): Promise<SeenAlarm[]> {
    const { MetricAlarms = [] } = await this.#clients.cloudwatch.describeAlarms({ AlarmNames: [...names] });
    return MetricAlarms.map(({ AlarmName = '', StateValue = '', Period = 0, EvaluationPeriods = 1 }) => ({
      name: AlarmName,
      state: StateValue,
      period: Period,
      evaluationPeriods: EvaluationPeriods,
    }));
  }

  /** Those of these tasks that may not be stopped now. */
  async protectedTasks(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const { protectedTasks = [] } = await this.#clients.ecs.getTaskProtection({
      cluster: this.#cluster,
      tasks: [...ids],
    });
    return new Set(
      protectedTasks.flatMap(({ taskArn: arn = '', protectionEnabled }) =>
        protectionEnabled ? [idOf(arn)] : [],
      ),
    );
  }
}
