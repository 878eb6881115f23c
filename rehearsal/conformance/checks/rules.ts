import { theme, type Source } from '../check.ts';
import type { Request } from '../ask.ts';
import { PAGES } from '../pages.ts';
import { askGroup } from '../seeing.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import type { World } from '../world.ts';

const conditions = (quote: string): Source => ({ page: PAGES.conditions, quote });
const pathsAreCaseSensitive: Source = {
  page: PAGES.addRule,
  quote: 'Maximum 128 characters. Case sensitive.',
};
const oneMatches: Source = conditions(
  'The condition is satisfied if one of the strings matches the value of the HTTP header.',
);
const methodsExact: Source = conditions(
  'Wildcard characters are not supported; therefore, the method name must be an exact match.',
);
const star: Source = { page: PAGES.conditions, means: '* matches 0 or more characters.' };
const question: Source = { page: PAGES.conditions, means: '? matches exactly 1 character.' };
const headersIgnoreCase: Source = conditions(
  'The header name and the match evaluation are case-insensitive.',
);
const lowestFirst: Source = {
  page: PAGES.listeners,
  quote: 'Rules are evaluated in priority order, from the lowest value to the highest value.',
};
const allConditions: Source = {
  page: PAGES.listeners,
  quote: 'When the conditions for a rule are met, then its actions are performed.',
};
const defaultLast: Source = { page: PAGES.listeners, quote: 'The default rule is evaluated last.' };

/** The body of the rule's fixed response, or "default" if the request reached the probe. */
const answered =
  (path: string, request: Omit<Request, 'path'> = {}) =>
  async (world: World): Promise<string> => {
    await world.scene(singleProbes);
    const answer = await world.ask(443, { path, ...request });
    return answer.body.startsWith('{"name"') ? 'default' : answer.body;
  };
const withHeaders = (path: string, headers: Record<string, string>) => answered(path, { headers });

export const RULES = theme('rules', [
  [
    'lowest-first',
    'the rule with the lowest priority applies, in whatever order the rules were created',
    lowestFirst,
    'early',
    answered('/order/x'),
  ],
  [
    'not-narrowest',
    'a lower priority wins against a more specific path',
    lowestFirst,
    'early',
    answered('/order/narrow'),
  ],
  [
    'default-last',
    'a request that matches no rule gets the default action',
    defaultLast,
    'default',
    answered('/somewhere'),
  ],
  ['path-exact', 'an exact path matches', pathsAreCaseSensitive, 'exact', answered('/case/Exact')],
  [
    'path-case',
    'a path with different upper and lower case does not match',
    pathsAreCaseSensitive,
    'default',
    answered('/case/exact'),
  ],
  [
    'path-whole',
    'a pattern without a wildcard matches the whole path only',
    pathsAreCaseSensitive,
    'default',
    answered('/case/Exact/more'),
  ],
  [
    'path-without-query',
    'the query is not part of the matched path',
    {
      page: PAGES.conditions,
      quote: 'The path pattern is applied only to the path of the URL, not to its query parameters.',
    },
    'exact',
    answered('/case/Exact?a=/b'),
  ],
  ['star', '* matches any characters', star, 'wild', answered('/wild/any/thing/end')],
  ['star-empty', '* matches no characters, too', star, 'wild', answered('/wild//end')],
  ['question', '? matches one character', question, 'wild', answered('/wild/one1')],
  ['question-none', '? does not match an empty string', question, 'default', answered('/wild/one')],
  ['question-two', '? does not match two characters', question, 'default', answered('/wild/one12')],
  [
    'host-case',
    'host conditions ignore upper and lower case',
    { page: PAGES.addRule, quote: 'Maximum 128 characters. Not case sensitive.' },
    'host',
    withHeaders('/host', { Host: 'A.Other.Example' }),
  ],
  [
    'host-second',
    'a host condition matches each of its values',
    oneMatches,
    'host',
    withHeaders('/host', { Host: 'exact.example' }),
  ],
  [
    'host-other',
    '*.other.example does not match other.example',
    {
      page: PAGES.conditions,
      quote: "The rule *.example.com matches test.example.com but doesn't match example.com.",
    },
    'default',
    withHeaders('/host', { Host: 'other.example' }),
  ],
  [
    'header-value-case',
    'header values ignore upper and lower case',
    headersIgnoreCase,
    'color',
    withHeaders('/color', { 'X-Color': 'BLUE' }),
  ],
  [
    'header-name-case',
    'header names ignore upper and lower case',
    headersIgnoreCase,
    'color',
    withHeaders('/color', { 'x-cOLOR': 'blue' }),
  ],
  [
    'header-wildcard',
    'the value of a header condition may have wildcards',
    star,
    'color',
    withHeaders('/color', { 'X-Color': 'Deep sea' }),
  ],
  [
    'header-whole',
    'the whole value of a header has to match',
    star,
    'default',
    withHeaders('/color', { 'X-Color': 'light blue' }),
  ],
  [
    'header-both',
    'two header conditions both have to match',
    allConditions,
    ['both', 'default'],
    async (world) => [
      await withHeaders('/both', { 'X-One': '1', 'X-Two': '2' })(world),
      await withHeaders('/both', { 'X-One': '1' })(world),
    ],
  ],
  [
    'method',
    'a method condition matches each of its methods',
    oneMatches,
    ['method', 'method'],
    async (world) => [
      await answered('/method', { method: 'PUT', body: '' })(world),
      await answered('/method', { method: 'PATCH', body: '' })(world),
    ],
  ],
  [
    'method-other',
    'another method does not match',
    methodsExact,
    'default',
    answered('/method', { method: 'POST', body: '' }),
  ],
  [
    'path-and-method',
    'a rule applies only if all of its conditions match',
    allConditions,
    'default',
    answered('/method/x', { method: 'PUT', body: '' }),
  ],
  [
    'source-connection',
    'the source address is that of the connection, not that in X-Forwarded-For',
    {
      page: PAGES.conditions,
      quote: 'This condition is not satisfied by the addresses in the X-Forwarded-For header.',
    },
    'from somewhere',
    withHeaders('/source', { 'X-Forwarded-For': '192.0.2.7' }),
  ],
  [
    'source-range',
    'a source condition matches the addresses of its range',
    { page: PAGES.addRule, means: 'A source is a range in CIDR format, IPv4 or IPv6.' },
    'from somewhere',
    answered('/source'),
  ],
  [
    'forward',
    'a rule forwards to its own target group',
    { page: PAGES.actions, quote: 'Forward requests to the specified target groups.' },
    ['one', 'two'],
    async (world) => {
      await world.scene(singleProbes);
      const names = [await askGroup(world, 'steady', '/alive'), await askGroup(world, 'second', '/alive')];
      return names.map(({ body }) => (JSON.parse(body) as { name: string }).name);
    },
  ],
]);
