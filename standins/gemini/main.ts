#!/usr/bin/env bun
import { parseArgs } from 'node:util';
import { MODIFIERS, RULES } from './rules.ts';
import { createStandin } from './server.ts';

const HELP = `Gemini stand-in: speaks Gemini's HTTP API, answers by rules, says so in modelVersion.

usage: bun standins/gemini/main.ts [options]
  --port N         port to listen on; 0 = a free one (default 0); printed as a line of JSON
  --host H         address to listen on (default 127.0.0.1)
  --chunks N       pieces that an answer is streamed in (default 12)
  --delay-ms N     pause between two pieces (default 0)
  --retired M,N    models that are gone: 404
  --answers-as M   this model answers, whatever is asked for, and modelVersion says so
  --log            one JSON line on stderr for each answered call
  --until-stdin-ends   end when standard input does, so that a killed parent leaves nothing behind
  --help

Point a client at it with GOOGLE_GEMINI_BASE_URL and any GEMINI_API_KEY ("invalid" is refused as a wrong key).
GET /stand-in/requests shows the last calls and how each ended.

What a person can write, and what then happens:
${[...RULES, ...MODIFIERS].map(({ example, what }) => `  ${example}\n      ${what}`).join('\n')}
  anything else
      is said back, with the remark that no model thought about it
Asked to go on from a begun answer, the stand-in gives the rest of that very answer.
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    chunks: { type: 'string', default: '12' },
    'delay-ms': { type: 'string', default: '0' },
    retired: { type: 'string', default: '' },
    'answers-as': { type: 'string' },
    log: { type: 'boolean', default: false },
    'until-stdin-ends': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const server = Bun.serve({
  port: wholeNumber('port', values.port),
  hostname: values.host,
  idleTimeout: 0,
  development: false,
  // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
  reusePort: false,
  error: () => new Response('{"error":{"code":500,"status":"INTERNAL"}}', { status: 500 }),
  fetch: createStandin({
    chunks: Math.max(1, wholeNumber('chunks', values.chunks)),
    delayMs: wholeNumber('delay-ms', values['delay-ms']),
    retired: values.retired.split(',').filter(Boolean),
    ...(values['answers-as'] ? { answersAs: values['answers-as'] } : {}),
    onRequest: values.log ? (entry) => process.stderr.write(`${JSON.stringify(entry)}\n`) : undefined,
  }),
});
process.stdout.write(`${JSON.stringify({ url: server.url.origin, port: server.port, pid: process.pid })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (values['until-stdin-ends']) {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) {
    process.stderr.write(`--${name} takes a whole number, not "${text}". See --help.\n`);
    process.exit(2);
  }
  return Number(text);
}
