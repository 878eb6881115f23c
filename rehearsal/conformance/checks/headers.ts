import { theme, type Seen, type Source } from '../check.ts';
import type { Request } from '../ask.ts';
import { PAGES } from '../pages.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import { askGroup, echoOf } from '../seeing.ts';
import { HOST } from '../stack/rules.ts';
import type { World } from '../world.ts';

const forwarded = (means: string): Source => ({ page: PAGES.forwarded, means });
const trace = (quote: string): Source => ({ page: PAGES.trace, quote });
const appended = forwarded(
  'The load balancer appends the client’s address to X-Forwarded-For and passes the header to the target.',
);
const invalid: Source = {
  page: PAGES.loadBalancerAttribute,
  means:
    'routing.http.drop_invalid_header_fields.enabled: headers with invalid header fields are removed; names contain only alphanumeric characters and hyphens.',
};

/** The part of the request that reached the target, chosen by `pick`. */
const reached =
  (
    pick: (headers: Record<string, string>, echo: { method: string; url: string; received: number }) => Seen,
    request: Partial<Request> = {},
  ) =>
  async (world: World): Promise<Seen> => {
    await world.scene(singleProbes);
    const { path = '/echo', ...rest } = request;
    const echo = echoOf(await askGroup(world, 'steady', path, rest));
    return pick(echo.headers, echo);
  };
const ADDRESS = /^[0-9a-f.:]+$/;
const list = (value = ''): string[] => value.split(',').map((part) => part.trim());
const ROOT = 'Root=1-67891233-abcdef012345678912345678';

export const HEADERS = theme('headers', [
  [
    'proto',
    'X-Forwarded-Proto has the protocol that the client used',
    forwarded('X-Forwarded-Proto tells the protocol, HTTP or HTTPS, that the client used.'),
    'https',
    reached((h) => h['x-forwarded-proto'] ?? ''),
  ],
  [
    'port',
    'X-Forwarded-Port has the port that the client connected to',
    forwarded('X-Forwarded-Port tells the destination port that the client used.'),
    '443',
    reached((h) => h['x-forwarded-port'] ?? ''),
  ],
  [
    'for',
    'X-Forwarded-For has the address of the client',
    appended,
    true,
    reached((h) => ADDRESS.test(h['x-forwarded-for'] ?? '')),
  ],
  [
    'for-appended',
    'the address is appended to an X-Forwarded-For that the client sent',
    appended,
    ['203.0.113.1', 2],
    reached((h) => [list(h['x-forwarded-for'])[0] ?? '', list(h['x-forwarded-for']).length], {
      headers: { 'X-Forwarded-For': '203.0.113.1' },
    }),
  ],
  [
    'proto-forged',
    'an X-Forwarded-Proto from the client does not reach the target',
    forwarded('X-Forwarded-Proto tells the protocol, HTTP or HTTPS, that the client used.'),
    'https',
    reached((h) => h['x-forwarded-proto'] ?? '', { headers: { 'X-Forwarded-Proto': 'http' } }),
  ],
  [
    'port-forged',
    'an X-Forwarded-Port from the client does not reach the target',
    forwarded('X-Forwarded-Port tells the destination port that the client used.'),
    '443',
    reached((h) => h['x-forwarded-port'] ?? '', { headers: { 'X-Forwarded-Port': '81' } }),
  ],
  [
    'host',
    'the Host header reaches the target as the client sent it',
    {
      page: PAGES.loadBalancerAttribute,
      means:
        'routing.http.preserve_host_header.enabled: without it too the name in the Host header stays; only the port may be changed.',
    },
    HOST,
    reached((h) => h['host'] ?? ''),
  ],
  [
    'trace',
    'a request without a trace header gets one',
    trace(
      'If the X-Amzn-Trace-Id header is not present on an incoming request, the load balancer generates a header with a Root field and forwards the request.',
    ),
    true,
    reached((h) => /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(h['x-amzn-trace-id'] ?? '')),
  ],
  [
    'trace-continued',
    'the load balancer adds a Self field to a trace that the client began',
    trace(
      'If the X-Amzn-Trace-Id header is present and has a Root field, the load balancer inserts a Self field and forwards the request.',
    ),
    true,
    reached((h) => new RegExp(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};${ROOT}$`).test(h['x-amzn-trace-id'] ?? ''), {
      headers: { 'X-Amzn-Trace-Id': ROOT },
    }),
  ],
  [
    'trace-differs',
    'two requests get two traces',
    trace(
      'If the X-Amzn-Trace-Id header is not present on an incoming request, the load balancer generates a header with a Root field and forwards the request.',
    ),
    true,
    async (world) => {
      const one = await reached((h) => h['x-amzn-trace-id'] ?? '')(world);
      return one !== (await reached((h) => h['x-amzn-trace-id'] ?? '')(world));
    },
  ],
  [
    'invalid-dropped',
    'a header with an underscore in its name is dropped',
    invalid,
    false,
    reached((h) => 'x_odd' in h, { headers: { X_Odd: '1' } }),
  ],
  [
    'valid-kept',
    'a header with a proper name is kept',
    invalid,
    'kept',
    reached((h) => h['x-proper-2'] ?? '', { headers: { 'X-Proper-2': 'kept' } }),
  ],
  [
    'method',
    'the method reaches the target',
    {
      page: PAGES.listeners,
      means: 'The load balancer forwards the request; it does not change its method.',
    },
    'PATCH',
    reached((_, { method }) => method, { method: 'PATCH', body: 'x' }),
  ],
  [
    'query',
    'path and query reach the target unchanged',
    { page: PAGES.conditions, quote: 'The path pattern is used to route requests but does not alter them.' },
    '/echo/%7Eb?c=%20d&c=e',
    reached((_, { url }) => url, { path: '/echo/%7Eb?c=%20d&c=e' }),
  ],
  [
    'body',
    'a body reaches the target whole',
    { page: PAGES.listeners, means: 'The load balancer forwards the request with its body.' },
    200_000,
    reached((_, { received }) => received, { method: 'POST', body: 'x'.repeat(200_000) }),
  ],
  [
    'status',
    "a target's own error reaches the client",
    {
      page: PAGES.troubleshooting,
      quote:
        'The load balancer forwards valid HTTP responses from targets to the client, including HTTP errors.',
    },
    418,
    async (world) => {
      await world.scene(singleProbes);
      return (await askGroup(world, 'steady', '/echo?status=418')).status;
    },
  ],
  [
    'trace-self',
    'a Self field from the client is replaced',
    trace(
      'If the X-Amzn-Trace-Id header is present and has a Self field, the load balancer updates the value of the Self field.',
    ),
    false,
    reached((h) => (h['x-amzn-trace-id'] ?? '').includes('Self=1-00000000'), {
      headers: { 'X-Amzn-Trace-Id': `Self=1-00000000-000000000000000000000000;${ROOT}` },
    }),
  ],
  [
    'many-addresses',
    'a request with more than 30 forwarding addresses is refused',
    {
      page: PAGES.troubleshooting,
      quote: 'The load balancer received an X-Forwarded-For request header with more than 30 IP addresses.',
    },
    463,
    async (world) => {
      await world.scene(singleProbes);
      return (
        await askGroup(world, 'steady', '/echo', {
          headers: { 'X-Forwarded-For': Array(31).fill('203.0.113.1').join(', ') },
        })
      ).status;
    },
  ],
  [
    'trace-method',
    'the method TRACE is refused',
    {
      page: PAGES.troubleshooting,
      quote: 'The client used the TRACE method, which is not supported by Application Load Balancers.',
    },
    405,
    async (world) => {
      await world.scene(singleProbes);
      return (await askGroup(world, 'steady', '/echo', { method: 'TRACE' })).status;
    },
  ],
  [
    'coding',
    'an unknown transfer coding is refused',
    {
      page: PAGES.troubleshooting,
      quote: 'The load balancer received a Transfer-Encoding header with an unsupported value.',
    },
    501,
    async (world) => {
      await world.scene(singleProbes);
      return (
        await askGroup(world, 'steady', '/echo', { method: 'POST', headers: { 'Transfer-Encoding': 'gzip' } })
      ).status;
    },
    { otherwise: 'A request with an unknown transfer coding is a 400.' },
  ],
]);
