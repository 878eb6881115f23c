import { expect, test } from 'bun:test';
import { answersOf, type AddressRecord, type HostedZones } from './hosted-zones.ts';

const record = (about: Partial<AddressRecord>): AddressRecord => ({
  name: 'agent.lornu.example',
  addresses: [],
  alias: undefined,
  failover: undefined,
  healthCheckId: undefined,
  ttlS: 60,
  ...about,
});
const primary = record({ addresses: ['203.0.113.10'], failover: 'PRIMARY', healthCheckId: 'google' });
const secondary = record({ alias: { name: 'alb', evaluateHealth: true }, failover: 'SECONDARY' });

/** The answer for the shared name. */
function answer(records: AddressRecord[], googlePasses: boolean, isHealthy: boolean): readonly string[] {
  const zones: HostedZones = { records, healthChecks: [] };
  const targets = new Map([['alb', { addresses: ['192.0.2.11', '192.0.2.12'], isHealthy }]]);
  return answersOf(zones, targets, () => googlePasses).get('agent.lornu.example') ?? [];
}

test('a failover pair answers with the primary while its health check passes, else with a healthy secondary', () => {
  const [google, aws] = [['203.0.113.10'], ['192.0.2.11', '192.0.2.12']];
  for (const records of [
    [primary, secondary],
    [secondary, primary],
  ]) {
    expect(answer(records, true, true)).toEqual(google);
    expect(answer(records, false, true)).toEqual(aws);
    expect(answer(records, true, false)).toEqual(google);
    expect(answer(records, false, false)).toEqual(google);
  }
});

test('a record alone is answered whatever its health; an alias of a name that is nowhere has no address', () => {
  expect(answer([{ ...primary, failover: undefined }], false, false)).toEqual(['203.0.113.10']);
  expect(answer([{ ...secondary, failover: undefined }], true, false)).toEqual(['192.0.2.11', '192.0.2.12']);
  expect(answer([record({ alias: { name: 'elsewhere', evaluateHealth: false } })], true, true)).toEqual([]);
});
