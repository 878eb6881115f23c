import { createClients } from '@lornu/rehearsal/conformance/clients.ts';
import { Ledger } from '@lornu/rehearsal/conformance/stack/ledger.ts';
import {
  cleanUpLeft,
  ledgerPath,
  requireAccount,
  startAwsWorld,
} from '@lornu/rehearsal/conformance/target-aws.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, rm } from 'node:fs/promises';
import { startKit, type EmulatorKit } from '../emulator/kit.ts';
import { startContext } from './kit.ts';

setDefaultTimeout(240_000);

let kit: EmulatorKit;
beforeAll(async () => {
  kit = await startKit();
}, 120_000);
afterAll(async () => kit.end());

const options = { region: 'us-east-1', from: '192.0.2.0/24' };

test('the probe stack is made in an account, and all of it is removed', async () => {
  const before = await kit.emulator.sideDoor.leftovers();
  const context = await startContext();
  const clients = createClients(emulatorSettings(kit.emulator.url));
  const world = await startAwsWorld(options, context, () => {}, clients);
  const made = await readFile(ledgerPath(context.dataDir), 'utf8');
  for (const kind of ['vpc', 'role', 'secret', 'bucket', 'trust-store', 'balancer', 'cluster'])
    expect(made).toContain(`"kind":"${kind}"`);
  expect(world.secrets).toContain('123456789012');
  expect((await kit.emulator.sideDoor.leftovers()).left).not.toEqual(before.left);
  await world.end();
  expect((await kit.emulator.sideDoor.leftovers()).left).toEqual(before.left);
  expect(await readFile(ledgerPath(context.dataDir), 'utf8').catch(() => 'gone')).toBe('gone');
  await rm(context.dataDir, { recursive: true, force: true });
});

test('what a killed run left is removed by the next command, and what is in use is named', async () => {
  const context = await startContext();
  const clients = createClients(emulatorSettings(kit.emulator.url));
  await startAwsWorld(options, context, () => {}, clients);
  const before = await Ledger.open(ledgerPath(context.dataDir));
  // Somebody else's group in the network of the probes.
  const vpcId = before.toRemove.find(({ kind }) => kind === 'vpc')?.id;
  const { GroupId } = await kit.ec2.createSecurityGroup({
    GroupName: 'other',
    Description: 'other',
    VpcId: vpcId,
  });
  const refused = await cleanUpLeft(clients, before, () => {}, 0).catch((error: Error) => error);
  expect(String((refused as Error & { parts?: { why: string } }).parts?.why)).toContain(`vpc ${vpcId}`);
  await kit.ec2.deleteSecurityGroup({ GroupId });
  await cleanUpLeft(clients, await Ledger.open(ledgerPath(context.dataDir)), () => {}, 0);
  expect(await readFile(ledgerPath(context.dataDir), 'utf8').catch(() => 'gone')).toBe('gone');
  await rm(context.dataDir, { recursive: true, force: true });
});

test('without an account that answers, the refusal says what to set', async () => {
  const nobody = createClients({ ...emulatorSettings('http://127.0.0.1:9'), maxAttempts: 1 });
  const error = await requireAccount(nobody).catch((cause: Error & { parts?: object }) => cause);
  expect((error as { parts?: object }).parts).toMatchObject({
    what: 'AWS does not accept the credentials, or cannot be reached.',
    next: expect.stringContaining('AWS_PROFILE'),
  });
});
