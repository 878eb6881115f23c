import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { runCli } from './kit.ts';
import { namespacesUnder } from './machine-network.ts';

/**
 * Runs `rehearse serve` and kills it as soon as its tasks are targets of the account: the next command has to make
 * nothing of them. Returns its exit code and the network namespaces that it held.
 */
export async function killWhileItServes(
  dataDir: string,
  elb: ElasticLoadBalancingV2,
): Promise<{ exitCode: number; namespaces: ReadonlySet<string> }> {
  let namespaces: ReadonlySet<string> = new Set();
  let killed: Promise<void> | undefined;
  const kill = async (child: { pid: number; kill: (signal: NodeJS.Signals) => void }): Promise<void> => {
    while ((await countTargets(elb)) < 2) await Bun.sleep(50);
    namespaces = await namespacesUnder(child.pid);
    child.kill('SIGKILL');
  };
  const { exitCode } = await runCli(['rehearse', 'serve', '--data-dir', dataDir], (stderr, child) => {
    if (stderr.includes('... Run the tasks')) killed ??= kill(child);
  });
  await killed;
  return { exitCode, namespaces };
}

async function countTargets(elb: ElasticLoadBalancingV2): Promise<number> {
  const { TargetGroups = [] } = await elb.describeTargetGroups({});
  const described = await Promise.all(
    TargetGroups.map(async ({ TargetGroupArn }) => elb.describeTargetHealth({ TargetGroupArn })),
  );
  return described.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions).length;
}
