import { expect, test } from 'bun:test';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { createIdTokens, ISSUER } from './id-token.ts';

const REF = 'a/b/.github/workflows/c.yml@refs/heads/main';

test("a job's token is signed with a key that its issuer publishes, and names job and audience", async () => {
  const tokens = createIdTokens('a/b');
  const documents = await tokens.documents();
  const keys = createLocalJWKSet(documents['/.well-known/jwks'] as JSONWebKeySet);
  const token = await tokens.issue({ workflowRef: REF, runId: '7' }, 'sigstore');
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: 'sigstore' });
  expect(payload).toMatchObject({
    sub: 'repo:a/b:ref:refs/heads/main',
    job_workflow_ref: REF,
    repository_owner: 'a',
    run_id: '7',
  });
  const stranger = await createIdTokens('a/b').issue({ workflowRef: REF }, 'sigstore');
  const refused = await jwtVerify(stranger, keys).catch(String);
  expect(refused).toContain('signature verification failed');
});
