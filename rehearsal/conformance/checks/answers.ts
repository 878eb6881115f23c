import type { Seen } from '../check.ts';
import { theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import { askGroup } from '../seeing.ts';
import { HOST } from '../stack/rules.ts';
import type { World } from '../world.ts';

const fixed: Source = {
  page: PAGES.actions,
  quote: 'You can use this action to return a 2XX, 4XX, or 5XX response code and an optional message.',
};
const keywords: Source = {
  page: PAGES.actions,
  quote:
    'You can reuse URI components of the original URL in the target URL using the following reserved keywords',
};
const kept: Source = {
  page: PAGES.actions,
  quote: 'Any components that you do not modify retain their original values.',
};
const moved: Source = {
  page: PAGES.actions,
  quote:
    'You can configure redirects as either temporary (HTTP 302) or permanent (HTTP 301) based on your needs.',
};

/** Status, type and body of a response that the load balancer itself gives. */
const own =
  (path: string) =>
  async (world: World): Promise<Seen> => {
    const { status, headers, body } = await world.ask(443, { path });
    return { status, type: headers['content-type'] ?? '', body };
  };

/** Where a redirect leads, with the listeners' own ports. */
const leadsTo =
  (path: string, listener: 80 | 443 = 443, headers: Record<string, string> = {}) =>
  async (world: World): Promise<Seen> => {
    const answer = await world.ask(listener, { path, headers });
    const to = URL.parse(answer.headers['location'] ?? '');
    if (!to) return { status: answer.status };
    const port = world.listenerPort(to.port || (to.protocol === 'https:' ? '443' : '80'));
    return { status: answer.status, to: `${to.protocol}//${to.hostname}:${port}${to.pathname}${to.search}` };
  };

export const ANSWERS = theme('answers', [
  [
    'text',
    'a fixed response has the status and the body of its rule',
    fixed,
    { status: 503, type: 'text/plain', body: 'busy' },
    async (world) => {
      const { status, headers, body } = await world.ask(443, { path: '/answer/503' });
      return { status, type: headers['content-type']?.split(';')[0] ?? '', body };
    },
  ],
  [
    'json',
    'a fixed response has the type of its rule, and its body unchanged',
    fixed,
    { status: 404, type: 'application/json', body: '{"detail":"It\'s 100% gone"}' },
    async (world) => {
      const { status, headers, body } = await world.ask(443, { path: '/answer/json' });
      return { status, type: headers['content-type']?.split(';')[0] ?? '', body };
    },
  ],
  [
    'html',
    'text/html is one of the types',
    fixed,
    { type: 'text/html', body: '<p>hello</p>' },
    async (world) => {
      const { headers, body } = await world.ask(443, { path: '/answer/html' });
      return { type: headers['content-type']?.split(';')[0] ?? '', body };
    },
  ],
  [
    'empty',
    'the message of a fixed response may be left out',
    fixed,
    { status: 204, type: '', body: '' },
    own('/answer/empty'),
  ],
  [
    'post',
    'a fixed response answers a request with a body',
    fixed,
    { status: 503, body: 'busy' },
    async (world) => {
      const { status, body } = await world.ask(443, {
        path: '/answer/503',
        method: 'POST',
        body: 'x'.repeat(2_000),
      });
      return { status, body };
    },
  ],
  [
    'to-tls',
    'port 80 redirects to HTTPS with host, path and query',
    {
      page: PAGES.actions,
      means:
        'The example redirects an HTTP request to HTTPS on port 443 with the same host name, path and query.',
    },
    { status: 301, to: `https://${HOST}:443/a/b?c=d` },
    leadsTo('/a/b?c=d', 80, { Host: HOST }),
  ],
  [
    'to-tls-host-port',
    'the port of the Host header does not come back in the redirect',
    keywords,
    { status: 301, to: `https://${HOST}:443/a?b=c` },
    leadsTo('/a?b=c', 80, { Host: `${HOST}:80` }),
  ],
  [
    'host',
    'a redirect to another host keeps protocol, port, path and query',
    kept,
    { status: 301, to: 'https://elsewhere.example:443/move/host?a=1' },
    leadsTo('/move/host?a=1'),
  ],
  [
    'path',
    '#{path} stands for the path of the request',
    keywords,
    { status: 302, to: `https://${HOST}:443/new/move/path?a=1` },
    leadsTo('/move/path?a=1'),
  ],
  [
    'query',
    '#{query} stands for the query of the request',
    keywords,
    { status: 301, to: `https://${HOST}:443/moved?a=1&more=1` },
    leadsTo('/move/query?a=1'),
  ],
  [
    'port',
    'a redirect to another port keeps the rest',
    kept,
    { status: 301, to: `https://${HOST}:8443/move/port?a=1` },
    leadsTo('/move/port?a=1'),
  ],
  [
    'temporary',
    'a redirect with HTTP_302 is a 302',
    moved,
    302,
    async (world) => (await world.ask(443, { path: '/move/path' })).status,
  ],
  [
    'permanent',
    'a redirect with HTTP_301 is a 301',
    moved,
    301,
    async (world) => (await world.ask(443, { path: '/move/host' })).status,
  ],
  [
    'post-too',
    'a POST is redirected as well',
    moved,
    301,
    async (world) => (await world.ask(80, { path: '/x', method: 'POST', body: 'x' })).status,
  ],
  [
    'no-target',
    'a target group without a registered target answers 503',
    {
      page: PAGES.troubleshooting,
      quote: 'The target groups for the load balancer have no registered targets.',
    },
    503,
    async (world) => (await askGroup(world, 'empty', '/x')).status,
  ],
  [
    'closed',
    'a target that closes the connection without an answer is a 502',
    {
      page: PAGES.troubleshooting,
      quote:
        'The target closed the connection with a TCP RST or a TCP FIN while the load balancer had an outstanding request to the target.',
    },
    502,
    async (world) => {
      await world.scene(singleProbes);
      return (await askGroup(world, 'steady', '/x?close=1')).status;
    },
  ],
]);
