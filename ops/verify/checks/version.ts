import { NO_ACCOUNT, type VerifyCheck, readServed, absent, judged, type Verdict } from '../check.ts';
import type { DeployedService } from '../deployed.ts';

/** Requests on separate connections, as several tasks serve the same name. */
const LOOKS = 6;

export interface VersionSeen {
  /** The revision of each /version response; undefined if it had none. */
  served: (string | undefined)[];
  /** The value of --revision. */
  asked: string | undefined;
  deployed: Pick<DeployedService, 'taskDefinition' | 'revision' | 'running' | 'rollout'> | undefined;
}

/** Every task must report the revision of the service's task definition, and run that one. */
export function judgeVersion({ served, asked, deployed }: VersionSeen): Verdict {
  const revision = asked ?? deployed?.revision;
  const expected = revision === undefined ? 'the revision that was deployed' : `revision ${revision}`;
  const strangers = deployed?.running.filter((arn) => arn !== deployed.taskDefinition) ?? [];
  const tasks = deployed
    ? `; ${deployed.running.length - strangers.length} of ${deployed.running.length} tasks run ${shortName(deployed.taskDefinition)}`
    : '';
  if (deployed && (strangers.length > 0 || deployed.running.length === 0))
    return judged(false, expected, `${tasks.slice(2)}, rollout ${deployed.rollout ?? 'unknown'}`);
  if (asked !== undefined && deployed?.revision !== undefined && asked !== deployed.revision)
    return judged(false, expected, `the task definition names revision ${deployed.revision}`);
  const named = [...new Set(served)];
  const seen = `${LOOKS} looks: ${named.map((one) => one ?? 'no answer').join(', ')}${tasks}`;
  if (revision === undefined) return absent(expected, `${seen}; ${NO_ACCOUNT}, nor was --revision given`);
  return judged(named.length === 1 && named[0] === revision, expected, seen);
}

/** "lornu-staging-agent:7" from an ARN. */
function shortName(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}

export const version: VerifyCheck = {
  id: 'version',
  title: 'what is served is what was deployed',
  run: async ({ target, revision, deployed }) => {
    const answers = await Promise.all(Array.from({ length: LOOKS }, async () => readServed(target)));
    return judgeVersion({
      served: answers.map((answer) => answer?.revision),
      asked: revision,
      deployed,
    });
  },
};
