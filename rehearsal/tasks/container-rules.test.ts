import { describe, expect, test } from 'bun:test';
import { ContainerHealth } from './container-health.ts';
import { createPace } from './pace.ts';
import { toOwnAddress } from './container.ts';
import { parseSecretReference, pickSecretValue } from './secret-reference.ts';
import { nthAddress } from './task-address.ts';
import { readTaskDefinition } from './task-definition.ts';
import { taskHealth } from './task-health.ts';

describe("a container's health", () => {
  test('is unknown, then healthy after one passed check, and unhealthy after `retries` failed ones in a row', () => {
    const health = new ContainerHealth({ retries: 3 }, 0);
    expect(health.status).toBe('UNKNOWN');
    const results = [true, false, false, true, false, false, false];
    const seen = results.map((passed, at): string => {
      health.take(passed, at);
      return health.status;
    });
    expect(seen).toEqual([...Array.from({ length: 6 }, () => 'HEALTHY'), 'UNHEALTHY']);
    expect(health.take(true, 9)).toBe(true);
    expect(health.status).toBe('HEALTHY');
  });

  test('ignores failed checks within the start period', () => {
    const health = new ContainerHealth({ retries: 1 }, 60_000);
    expect([health.take(false, 59_999), health.status]).toEqual([false, 'UNKNOWN']);
    expect([health.take(false, 60_000), health.status]).toEqual([true, 'UNHEALTHY']);
  });

  test('counts them once it was healthy, even within the start period', () => {
    const health = new ContainerHealth({ retries: 1 }, 60_000);
    health.take(true, 1);
    health.take(false, 2);
    expect(health.status).toBe('UNHEALTHY');
  });

  test('checks the task, not the machine', () => {
    const task = { address: '127.77.0.3', port: 8080 };
    expect(toOwnAddress("fetch('http://127.0.0.1:8080/health')", task)).toBe(
      "fetch('http://127.77.0.3:8080/health')",
    );
    expect(toOwnAddress('http://localhost:8080/', task)).toBe('http://127.77.0.3:8080/');
    expect(toOwnAddress('http://127.0.0.1:80801/', task)).toBe('http://127.0.0.1:80801/');
  });
});

describe("a task's health", () => {
  const running = {
    runningMs: 0,
    container: 'HEALTHY',
    target: 'healthy',
    balanced: true,
    graceMs: 60_000,
    nowMs: 1,
  } as const;
  test.each([
    [{}, 'healthy'],
    [{ runningMs: undefined }, 'pending'],
    [{ container: 'UNKNOWN' as const }, 'pending'],
    [{ container: 'NONE' as const }, 'healthy'],
    [{ target: 'initial' as const }, 'pending'],
    [{ target: undefined, balanced: false }, 'healthy'],
    [{ target: 'unhealthy' as const }, 'pending'],
    [{ target: 'unhealthy' as const, nowMs: 60_000 }, 'unhealthy'],
    [{ container: 'UNHEALTHY' as const, nowMs: 60_000 }, 'unhealthy'],
  ] as const)('%j is %s', (about, expected) => {
    expect(taskHealth({ ...running, ...about })).toBe(expected);
  });
});

describe("a container's secret", () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:lornu/oidc-client-AbCdEf';
  test('is given by its ARN, followed by key, stage and version', () => {
    const nothing = { jsonKey: undefined, versionStage: undefined, versionId: undefined };
    expect(parseSecretReference(arn)).toEqual({ secretId: arn, ...nothing });
    expect(parseSecretReference(`${arn}:client_id::`)).toEqual({
      secretId: arn,
      ...nothing,
      jsonKey: 'client_id',
    });
    expect(parseSecretReference(`${arn}::AWSPREVIOUS:`)).toEqual({
      secretId: arn,
      ...nothing,
      versionStage: 'AWSPREVIOUS',
    });
    expect(() => parseSecretReference('/ssm/parameter')).toThrow('not rehearsed');
  });

  test('is the whole text or one key of it, and no message contains it', () => {
    const whole = parseSecretReference(arn);
    const key = parseSecretReference(`${arn}:client_id::`);
    expect(pickSecretValue(whole, 'plain')).toBe('plain');
    expect(pickSecretValue(key, '{"client_id":"web"}')).toBe('web');
    expect(() => pickSecretValue(key, '{"other":"hunter2"}')).toThrow(/^the secret has no key client_id$/);
    expect(() => pickSecretValue(key, 'hunter2')).toThrow(
      /^the secret is no JSON, so it has no key client_id$/,
    );
  });
});

describe('a task definition', () => {
  const container = { name: 'agent', image: 'repo@sha256:0', portMappings: [{ containerPort: 8080 }] };
  const read = (about: object) =>
    readTaskDefinition({
      family: 'f',
      revision: 1,
      memory: '1024',
      containerDefinitions: [{ ...container, ...about }],
    });

  test("gets AWS's defaults for missing values", () => {
    expect(read({ healthCheck: { command: ['CMD-SHELL', 'true'] } })).toMatchObject({
      name: 'f:1',
      memoryMb: 1024,
      container: {
        command: undefined,
        stopTimeoutS: 30,
        healthCheck: {
          command: ['true'],
          shell: true,
          intervalS: 30,
          timeoutS: 5,
          retries: 3,
          startPeriodS: 0,
        },
      },
    });
    expect(read({ healthCheck: { command: ['NONE'] } }).container.healthCheck).toBeUndefined();
  });

  test('is refused with unsupported settings', () => {
    expect(() => read({ entryPoint: ['sh'] })).toThrow('entryPoint is not rehearsed');
    expect(() => read({ portMappings: [] })).toThrow('one port');
    expect(() => readTaskDefinition({ containerDefinitions: [container, container] })).toThrow(
      'one container',
    );
  });
});

test('addresses of tasks differ, and none ends with 0 or 255', () => {
  const addresses = Array.from({ length: 1_000 }, (_, index) => nthAddress(77, index + 1));
  expect(new Set(addresses).size).toBe(1_000);
  expect(addresses[0]).toBe('127.77.0.1');
  expect(addresses.filter((address) => /\.(0|255)$/.test(address))).toEqual([]);
});

test('the pace shortens intervals, and the start only down to its real duration', () => {
  const pace = createPace(10);
  expect([pace.interval(15), pace.grace(600), pace.grace(60), pace.grace(5)]).toEqual([
    1_500, 60_000, 40_000, 5_000,
  ]);
  expect(createPace(1).grace(60)).toBe(60_000);
  // An alarm's minute is 2 s, and never a fraction of a second.
  expect([pace.alarm(60), pace.alarm(300), pace.alarm(10), createPace(1).alarm(60)]).toEqual([
    2_000, 10_000, 1_000, 60_000,
  ]);
  expect(() => createPace(0.5)).toThrow('1 or more');
});
