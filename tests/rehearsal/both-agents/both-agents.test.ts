import { apply } from '@lornu/rehearsal/run/apply.ts';
import { destroy } from '@lornu/rehearsal/run/destroy.ts';
import { serve, type ServeOptions } from '@lornu/rehearsal/serve/serve.ts';
import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { temporaryRehearsal } from '../whole/kit.ts';
import { ask, oneTurn } from '../whole/served.ts';

let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
beforeAll(async () => void (rehearsal = await temporaryRehearsal()));
afterAll(async () => {
  await destroy(rehearsal.context);
  await rehearsal.remove();
}, 300_000);

async function served(
  variableArguments: string[],
  options: ServeOptions,
  look: (at: ServedRehearsal) => Promise<void>,
): Promise<void> {
  const { standing } = await apply({ provider: 'auto', port: 0, variableArguments }, rehearsal.context);
  const at = await serve(standing, options, { ...rehearsal.context, redact: (text) => text });
  try {
    await look(at);
  } finally {
    await at.stop();
  }
}

test('the service asks the agent on Google Cloud, known by its task role alone', async () => {
  await served([], { peer: true }, async (at) => {
    const { status, stream } = await oneTurn(at, 'ask the peer: what is the status of your environment?');
    expect(status).toBe(200);
    // What the peer says is passed on as its own, and the peer took our token.
    expect(stream).toContain('"author":"peer"');
    expect(stream).toContain('environment_status');
    expect(at.google.requests).toContain('POST /v1/token');
    expect(at.google.requests.some((path) => path.endsWith(':generateIdToken'))).toBe(true);
  });
}, 900_000);

test('the agent on FastAPI serves behind the same load balancer', async () => {
  await served(['-var=agent_runtime=fastapi'], {}, async (at) => {
    expect(at.runs).toContain('gcp-agent');
    expect((await ask(at, '/health')).status).toBe(200);
    // lornu deploy asks without a token, and is green when this is the revision that was applied.
    expect(await (await ask(at, '/version')).json()).toMatchObject({
      language: 'python',
      revision: expect.stringMatching(/^[0-9a-f]{7,40}$/),
    });
    // It signs nobody in, so a request without a token is stopped at the load balancer.
    expect((await ask(at, '/list-apps')).status).toBe(401);
    const { status, stream } = await oneTurn(at, 'Good morning');
    expect(status).toBe(200);
    expect(stream).toContain('Good morning');
  });
}, 900_000);
