import { NO_ACCOUNT, type VerifyCheck, absent, judged, type Verdict } from '../check.ts';

/** The name in terraform/gcp, which the service expects in staging. */
const EXPECTED = 'staging';

/** Conversations must be stored in staging's own Firestore database, according to both the account and the service. */
export function judgeDatabase(seen: {
  served: string | undefined;
  deployed: string | undefined;
  hasAccount: boolean;
}): Verdict {
  const expected = `Firestore database ${EXPECTED}`;
  const words = [
    seen.served === undefined ? undefined : `/version says ${seen.served}`,
    seen.deployed === undefined ? undefined : `the task definition says ${seen.deployed}`,
  ].filter((word) => word !== undefined);
  const named = [seen.served, seen.deployed].filter((name) => name !== undefined);
  if (named.some((name) => name !== EXPECTED)) return judged(false, expected, words.join(', '));
  if (seen.served === undefined) {
    const why = 'the service does not name its database at /version';
    return absent(expected, [why, ...words, ...(seen.hasAccount ? [] : [NO_ACCOUNT])].join('; '));
  }
  return judged(true, expected, words.join(', '));
}

export const database: VerifyCheck = {
  id: 'database',
  title: "conversations lie in staging's own database",
  run: async ({ served, deployed }) =>
    judgeDatabase({
      served: served?.database,
      deployed: deployed?.database,
      hasAccount: deployed !== undefined,
    }),
};
