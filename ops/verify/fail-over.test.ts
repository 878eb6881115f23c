import type { UpdateHealthCheckCommandInput } from '@aws-sdk/client-route-53';
import { expect, test } from 'bun:test';
import { drillFailOver, failOverPlan, type FailOverDeps } from './fail-over.ts';

const HOST = 'agent.lornu.example';
const GOOGLE = ['203.0.113.10'];
const AWS = ['192.0.2.11', '192.0.2.12'];

function account(more: { inverted?: boolean; host?: string; say?: () => Promise<void> } = {}) {
  const state = { inverted: more.inverted ?? false, changes: [] as boolean[], lines: [] as string[] };
  const config = { FullyQualifiedDomainName: more.host ?? HOST, Inverted: state.inverted };
  const deps: FailOverDeps = {
    route53: {
      listHealthChecks: async () => ({ HealthChecks: [{ Id: 'check', HealthCheckConfig: config }] }),
      updateHealthCheck: async ({ Inverted = false }: UpdateHealthCheckCommandInput) => {
        state.inverted = Inverted;
        state.changes.push(Inverted);
      },
    } as never,
    resolve: async () => (state.inverted ? AWS : GOOGLE),
    say: more.say ?? (async () => expect(state.inverted).toBeTrue()),
    line: (text) => state.lines.push(text),
    sleep: async () => undefined,
    signal: new AbortController().signal,
  };
  return { state, deps };
}

test('a drill in staging inverts the health check, gets an answer from the other cloud, and undoes the inversion', async () => {
  const { state, deps } = account();
  const times = await drillFailOver(HOST, deps);
  expect(state.changes).toEqual([true, false]);
  expect(Object.values(times).every((ms) => ms >= 0)).toBeTrue();
  expect(state.lines).toContain(`${HOST} leads to ${AWS.join(', ')}`);
});

test('the inversion is undone when the other cloud does not answer', async () => {
  const { state, deps } = account({ say: async () => Promise.reject(new Error('no answer')) });
  expect(await drillFailOver(HOST, deps).catch((error: Error) => error.message)).toBe('no answer');
  expect(state.changes).toEqual([true, false]);
});

test.each([
  ['the account has no such health check', { host: 'other.example' }, 'There is no health check'],
  ['the health check is inverted already', { inverted: true }, 'is inverted already'],
])('nothing is changed if %s', async (_what, more, message) => {
  const { state, deps } = account(more);
  const said = await drillFailOver(HOST, deps).catch((error: Error) => error.message);
  expect(said).toContain(message);
  expect(state.changes).toEqual([]);
});

test('the plan names the shared name and that nothing is stopped', () => {
  expect(failOverPlan(HOST).join(' ')).toContain(`health check of ${HOST}`);
  expect(failOverPlan(HOST).join(' ')).toContain('nothing is stopped');
});
