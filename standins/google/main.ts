#!/usr/bin/env bun
import { parseArgs } from 'node:util';
import { DEFAULTS, startGoogleStandIn } from './server.ts';

const HELP = `Google stand-in: sign-in, STS, IAM Credentials, and ECS's container credentials, on loopback.

usage: bun standins/google/main.ts [options]
  --port N              port to listen on; 0 = a free one (default 0); printed as a line of JSON
  --redirect-uri URL    where sign-in may return to; may be given more than once
  --client-id ID        OAuth client of the sign-in (default lornu-web)
  --provider NAME       workload identity provider (default ${DEFAULTS.provider})
  --aws-account ID      AWS account of the task role (default ${DEFAULTS.awsAccountId})
  --aws-role NAME       role that the provider lets in (default ${DEFAULTS.awsRoleName})
  --service-account E   e-mail of the service account (default ${DEFAULTS.serviceAccountEmail})
  --until-stdin-ends    end when standard input does
  --help
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'redirect-uri': { type: 'string', multiple: true, default: [] },
    'client-id': { type: 'string', default: 'lornu-web' },
    provider: { type: 'string' },
    'aws-account': { type: 'string' },
    'aws-role': { type: 'string' },
    'service-account': { type: 'string', default: DEFAULTS.serviceAccountEmail },
    'until-stdin-ends': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const standIn = await startGoogleStandIn({
  port: Number(values.port),
  client: { id: values['client-id'], secret: 'stand-in-client-secret', redirectUris: values['redirect-uri'] },
  provider: values.provider,
  awsAccountId: values['aws-account'],
  awsRoleName: values['aws-role'],
  serviceAccount: {
    email: values['service-account'],
    uniqueId: '110000000000000000001',
    publicKeys: new Map(),
  },
});
process.stdout.write(`${JSON.stringify({ url: standIn.url, pid: process.pid })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (values['until-stdin-ends']) {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
}
