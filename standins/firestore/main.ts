#!/usr/bin/env bun
import { parseArgs } from 'node:util';
import { startFirestoreStandin } from './server.ts';
import { stagingConcurrencyMode } from './staging-database.ts';

const HELP = `Firestore stand-in: speaks Firestore's gRPC and REST APIs on a loopback address, keeps everything in memory.

usage: bun standins/firestore/main.ts [options]
  --port N             port to listen on; 0 = a free one (default 0); printed as a line of JSON
  --database ID        a database that exists, may be given again; any when left out
  --concurrency-mode   OPTIMISTIC, or PESSIMISTIC: with locks (default: as terraform/gcp makes staging's database)
  --until-stdin-ends   end when standard input does, so that a killed parent leaves nothing behind
  --help

Point a client at it with FIRESTORE_EMULATOR_HOST and any project.
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    database: { type: 'string', multiple: true },
    'concurrency-mode': { type: 'string' },
    'until-stdin-ends': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!/^\d{1,5}$/.test(values.port)) {
  process.stderr.write(`--port takes a port number, not "${values.port}". See --help.\n`);
  process.exit(2);
}
const concurrencyMode = values['concurrency-mode'] ?? (await stagingConcurrencyMode());
if (concurrencyMode !== 'OPTIMISTIC' && concurrencyMode !== 'PESSIMISTIC') {
  process.stderr.write(`--concurrency-mode takes OPTIMISTIC or PESSIMISTIC, not "${concurrencyMode}".\n`);
  process.exit(2);
}

const { host } = await startFirestoreStandin({
  port: Number(values.port),
  ...(values.database ? { databases: values.database } : {}),
  concurrencyMode,
});
process.stdout.write(`${JSON.stringify({ host, pid: process.pid })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (values['until-stdin-ends']) {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
}
