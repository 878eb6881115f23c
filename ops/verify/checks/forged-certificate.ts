import { type VerifyCheck, judged, type Verdict } from '../check.ts';
import { ask } from '../target.ts';

/** Headers that only the load balancer may set; on this port it has verified no certificate. */
const FORGED = {
  'x-amzn-mtls-clientcert-leaf': 'forged',
  'x-amzn-mtls-clientcert-subject': 'CN=forged',
} as const;

export function judgeForged(statuses: Readonly<Record<string, number>>): Verdict {
  return judged(
    Object.values(statuses).every((status) => status === 400),
    '400 before any service sees them',
    Object.entries(statuses)
      .map(([name, status]) => `${name} ${status}`)
      .join(', '),
  );
}

export const forgedCertificate: VerifyCheck = {
  id: 'forged',
  title: 'headers that pretend to a client certificate are refused',
  run: async ({ target }) => {
    const seen: Record<string, number> = {};
    for (const [name, value] of Object.entries(FORGED)) {
      const response = await ask(target, '/health', { anonymous: true, headers: { [name]: value } });
      await response.body?.cancel();
      seen[name] = response.status;
    }
    return judgeForged(seen);
  },
};
