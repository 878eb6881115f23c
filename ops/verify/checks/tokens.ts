import { NO_TOKEN, type VerifyCheck, absent, judged, type Verdict } from '../check.ts';
import { ask, type Target } from '../target.ts';

/** A path behind the load balancer's token rule that needs nothing but authentication. */
const PATH = '/list-apps';
const EXPECTED = 'none 401, each wrong one 401, the right one 200';

export interface TokensSeen {
  none: number;
  /** Status by what is wrong with the token. */
  wrong: Record<string, number>;
  /** Undefined if there is no token to send. */
  right: number | undefined;
}

/** For a valid token of another party, 403 is as good as 401, but not for an unsigned token. */
export function judgeTokens({ none, wrong, right }: TokensSeen): Verdict {
  const list = [
    `none ${none}`,
    ...Object.entries(wrong).map(([what, status]) => `${what} ${status}`),
    ...(right === undefined ? [] : [`right ${right}`]),
  ].join(', ');
  const refused = [none, ...Object.values(wrong)].every((status) => status === 401);
  if (!refused) return judged(false, EXPECTED, list);
  return right === undefined
    ? absent(EXPECTED, `${list}; ${NO_TOKEN}`)
    : judged(right === 200, EXPECTED, list);
}

/** Invalid tokens, made from a valid one: changed, unsigned, not a token. */
export function spoil(token: string | undefined): Record<string, string> {
  const garbage = { 'no token': 'x.y.z' };
  const [header, payload, signature] = token?.split('.') ?? [];
  if (!header || !payload || !signature) return garbage;
  // In the middle, because the last character may contain bits that decoders ignore.
  const at = Math.floor(signature.length / 2);
  const other = signature[at] === 'A' ? 'B' : 'A';
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  return {
    ...garbage,
    'wrong signature': [header, payload, signature.slice(0, at) + other + signature.slice(at + 1)].join('.'),
    unsigned: `${unsigned}.${payload}.`,
  };
}

export const tokens: VerifyCheck = {
  id: 'tokens',
  title: 'nobody is let in without a right token',
  run: async ({ target }) => {
    const wrong = { ...spoil(target.token), ...target.refusedTokens };
    const statuses = await Promise.all(
      Object.entries(wrong).map(async ([what, token]) => [what, await statusWith(target, token)] as const),
    );
    return judgeTokens({
      none: await statusWith(target, undefined),
      wrong: Object.fromEntries(statuses),
      right: target.token === undefined ? undefined : await statusWith(target, target.token),
    });
  },
};

async function statusWith(target: Target, token: string | undefined): Promise<number> {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const response = await ask(target, PATH, { anonymous: true, ...(headers ? { headers } : {}) });
  await response.body?.cancel();
  return response.status;
}
