import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { failure, startKit } from './kit.ts';
import { makeLoadBalancer, makeNetwork } from './network.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const kit = await startKit();
const { balancerArn, groupArn } = await makeLoadBalancer(kit, await makeNetwork(kit), 'alb');
const requested = await kit.acm.requestCertificate({
  DomainName: 'alb.lornu.example',
  ValidationMethod: 'DNS',
});
const certificateArn = requested.CertificateArn ?? '';
afterAll(async () => kit.end());

const forward = (): Action => ({ Type: 'forward', TargetGroupArn: groupArn, Order: 2 });
const checkToken = (config: Partial<Action['JwtValidationConfig']> = {}): Action => ({
  Type: 'jwt-validation',
  Order: 1,
  JwtValidationConfig: {
    Issuer: 'https://accounts.google.com',
    JwksEndpoint: 'https://www.googleapis.com/oauth2/v3/certs',
    AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['https://alb.lornu.example'] }],
    ...config,
  },
});

async function listen(port: number, more: object = {}): Promise<string> {
  const { Listeners } = await kit.elb.createListener({
    LoadBalancerArn: balancerArn,
    Port: port,
    Protocol: 'HTTPS',
    Certificates: [{ CertificateArn: certificateArn }],
    DefaultActions: [forward()],
    ...more,
  });
  return Listeners?.[0]?.ListenerArn ?? '';
}

test('a load balancer whose scheme is left out faces the internet', async () => {
  const { LoadBalancers } = await kit.elb.describeLoadBalancers({ Names: ['alb'] });
  expect(LoadBalancers?.[0]?.Scheme).toBe('internet-facing');
});

describe('token validation', () => {
  test('is kept on a listener and on a rule, with its claims', async () => {
    const listenerArn = await listen(4001, { DefaultActions: [checkToken(), forward()] });
    const { Listeners } = await kit.elb.describeListeners({ ListenerArns: [listenerArn] });
    expect(Listeners?.[0]?.DefaultActions?.[0]).toEqual(checkToken());

    await kit.elb.createRule({
      ListenerArn: listenerArn,
      Priority: 30,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a2a/*'] } }],
      Actions: [checkToken(), forward()],
    });
    const { Rules } = await kit.elb.describeRules({ ListenerArn: listenerArn });
    const actions = Rules?.find((rule) => rule.Priority === '30')?.Actions;
    expect(actions?.map((action) => action.Type)).toEqual(['jwt-validation', 'forward']);
    expect(actions?.[0]?.JwtValidationConfig).toEqual(checkToken().JwtValidationConfig);
  });

  const refused: Record<string, Partial<Action['JwtValidationConfig']>> = {
    'a key set without TLS': { JwksEndpoint: 'http://keys.lornu.example' },
    'an unknown format': {
      AdditionalClaims: [{ Name: 'aud', Format: 'regex' as 'single-string', Values: ['x'] }],
    },
    'more than ten claims': {
      AdditionalClaims: Array.from({ length: 11 }, (_, index) => ({
        Name: `claim-${index}`,
        Format: 'single-string' as const,
        Values: ['x'],
      })),
    },
  };
  for (const [name, config] of Object.entries(refused)) {
    test(`refuses ${name}, as AWS does`, async () => {
      expect(await failure(listen(4002, { DefaultActions: [checkToken(config), forward()] }))).toMatchObject({
        name: 'ValidationError',
      });
    });
  }
});

describe('mutual TLS', () => {
  const bundle = { CaCertificatesBundleS3Bucket: 'authorities', CaCertificatesBundleS3Key: 'ca.pem' };
  let trustStoreArn: string;

  beforeAll(async () => {
    await kit.s3.createBucket({ Bucket: 'authorities' });
    const body = (await kit.authorities()).join('\n');
    await kit.s3.putObject({ Bucket: 'authorities', Key: 'ca.pem', Body: body });
    const { TrustStores } = await kit.elb.createTrustStore({ Name: 'peers', ...bundle });
    trustStoreArn = TrustStores?.[0]?.TrustStoreArn ?? '';
  });

  test('a trust store counts the authorities in its bundle', async () => {
    const { TrustStores } = await kit.elb.describeTrustStores({ Names: ['peers'] });
    expect(TrustStores).toEqual([
      {
        Name: 'peers',
        TrustStoreArn: trustStoreArn,
        Status: 'ACTIVE',
        NumberOfCaCertificates: 2,
        TotalRevokedEntries: 0,
      },
    ]);
  });

  test('a trust store is refused without a bundle of certificates, and with a name that is taken', async () => {
    const missing = { Name: 'other', ...bundle, CaCertificatesBundleS3Key: 'none.pem' };
    expect(await failure(kit.elb.createTrustStore(missing))).toMatchObject({
      name: 'InvalidCaCertificatesBundleException',
    });
    expect(await failure(kit.elb.createTrustStore({ Name: 'peers', ...bundle }))).toMatchObject({
      name: 'DuplicateTrustStoreNameException',
    });
    expect(
      await failure(kit.elb.describeTrustStores({ TrustStoreArns: [`${trustStoreArn}0`] })),
    ).toMatchObject({ name: 'TrustStoreNotFoundException' });
  });

  test('is kept on its listener, guards the trust store, and can be switched off', async () => {
    const verify = { Mode: 'verify', TrustStoreArn: trustStoreArn, IgnoreClientCertificateExpiry: false };
    const listenerArn = await listen(4003, { MutualAuthentication: verify });
    const described = async () =>
      (await kit.elb.describeListeners({ ListenerArns: [listenerArn] })).Listeners?.[0]?.MutualAuthentication;
    expect(await described()).toEqual(verify);
    const { TrustStoreAssociations } = await kit.elb.describeTrustStoreAssociations({
      TrustStoreArn: trustStoreArn,
    });
    expect(TrustStoreAssociations).toEqual([{ ResourceArn: listenerArn }]);
    expect(await failure(kit.elb.deleteTrustStore({ TrustStoreArn: trustStoreArn }))).toMatchObject({
      name: 'TrustStoreInUseException',
    });

    await kit.elb.modifyListener({ ListenerArn: listenerArn, MutualAuthentication: { Mode: 'passthrough' } });
    expect(await described()).toEqual({ Mode: 'passthrough' });
    await kit.elb.deleteListener({ ListenerArn: listenerArn });
  });

  test('is off on a listener that does not ask for it', async () => {
    const listenerArn = await listen(4004);
    const { Listeners } = await kit.elb.describeListeners({ ListenerArns: [listenerArn] });
    expect(Listeners?.[0]?.MutualAuthentication).toEqual({ Mode: 'off' });
  });

  test("refuses verify without a trust store, and verify's settings without verify", async () => {
    expect(await failure(listen(4005, { MutualAuthentication: { Mode: 'verify' } }))).toMatchObject({
      name: 'TrustStoreNotFoundException',
    });
    const settings = { Mode: 'passthrough', IgnoreClientCertificateExpiry: true };
    expect(await failure(listen(4005, { MutualAuthentication: settings }))).toMatchObject({
      name: 'InvalidConfigurationRequestException',
    });
  });
});

describe('target health', () => {
  const health = async () => {
    const { TargetHealthDescriptions } = await kit.elb.describeTargetHealth({ TargetGroupArn: groupArn });
    return TargetHealthDescriptions?.map(({ Target, TargetHealth }) => [Target?.Id, TargetHealth?.State]);
  };
  const targets = { Targets: [{ Id: '10.9.0.5', Port: 8080 }] };

  test('is initial until something says what it is', async () => {
    await kit.elb.registerTargets({ TargetGroupArn: groupArn, ...targets });
    expect(await health()).toEqual([['10.9.0.5', 'initial']]);
  });

  test('is what was reported, draining after the deregistration too', async () => {
    await kit.emulator.sideDoor.reportTargetHealth(groupArn, [{ id: '10.9.0.5', state: 'healthy' }]);
    expect(await health()).toEqual([['10.9.0.5', 'healthy']]);

    await kit.elb.deregisterTargets({ TargetGroupArn: groupArn, ...targets });
    expect(await health()).toEqual([['10.9.0.5', 'draining']]);
    // Seen before, told after: too late.
    await kit.emulator.sideDoor.reportTargetHealth(groupArn, [{ id: '10.9.0.5', state: 'healthy' }]);
    expect(await health()).toEqual([['10.9.0.5', 'draining']]);

    await kit.emulator.sideDoor.reportTargetHealth(groupArn, [{ id: '10.9.0.5', state: 'unused' }]);
    expect(await health()).toEqual([]);
  });

  test('refuses a state that AWS does not have, and a group that is not there', async () => {
    const odd = { id: '10.9.0.5', state: 'fine' as 'healthy' };
    expect(await failure(kit.emulator.sideDoor.reportTargetHealth(groupArn, [odd]))).toHaveProperty(
      'message',
      expect.stringContaining('fine is not one of'),
    );
    expect(await failure(kit.emulator.sideDoor.reportTargetHealth('arn:none', []))).toHaveProperty(
      'message',
      expect.stringContaining('no target group'),
    );
  });
});
