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

test('the service calls the agent on Google Cloud with nothing but its task role', async () => {
  await served([], { peer: true }, async (at) => {
    const { status, stream } = await oneTurn(at, 'ask the peer: what is the status of your environment?');
    expect(status).toBe(200);
    // The peer's answer is shown under its own name, and the peer accepted our token.
    expect(stream).toContain('"author":"peer"');
    expect(stream).toContain('environment_status');
    expect(at.google.requests).toContain('POST /v1/token');
    expect(at.google.requests.some((path) => path.endsWith(':generateIdToken'))).toBe(true);
  });
}, 900_000);

test('the FastAPI agent serves behind the same load balancer', async () => {
  await served(['-var=agent_runtime=fastapi'], {}, async (at) => {
    expect(at.runs).toContain('gcp-agent');
    expect((await ask(at, '/health')).status).toBe(200);
    // lornu deploy requests it without a token, and succeeds if this is the applied revision.
    expect(await (await ask(at, '/version')).json()).toMatchObject({
      language: 'python',
      revision: expect.stringMatching(/^[0-9a-f]{7,40}$/),
    });
    // It has no sign-in, so the load balancer stops a request without a token.
    expect((await ask(at, '/list-apps')).status).toBe(401);
    const { status, stream } = await oneTurn(at, 'Good morning');
    expect(status).toBe(200);
    expect(stream).toContain('Good morning');
  });
}, 900_000);
