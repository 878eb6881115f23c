import { describe, expect, test } from 'bun:test';
import { readContainerLimits } from '../tasks/container-limits.ts';
import { limitFlags } from './limit-flags.ts';
import { isAlive, ownName } from './podman.ts';

const plain = { flags: [], init: true, memory: true };
const confined = {
  flags: ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=4096:4096'],
  init: false,
  memory: false,
};

/** As in terraform/aws/staging. */
const applied = readContainerLimits({
  user: '10001:10001',
  readonlyRootFilesystem: true,
  linuxParameters: {
    initProcessEnabled: true,
    capabilities: { drop: ['ALL'] },
    tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
  },
  ulimits: [{ name: 'nofile', softLimit: 65_535, hardLimit: 65_535 }],
});

describe('the limits of a task definition', () => {
  test("become its container's flags", () => {
    expect(limitFlags(applied, 1024, plain)).toEqual([
      '--user=10001:10001',
      '--read-only',
      '--read-only-tmpfs=false',
      '--init',
      '--cap-drop=ALL',
      '--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m',
      '--ulimit=nofile=65535:65535',
      '--memory=1024m',
      '--memory-swap=1024m',
    ]);
  });

  test('add nothing if the definition sets none', () => {
    expect(limitFlags(readContainerLimits({}), 512, { ...plain, memory: false })).toEqual([]);
    const own = readContainerLimits({
      workingDirectory: '/srv',
      linuxParameters: { capabilities: { add: ['SYS_PTRACE'] } },
    });
    expect(limitFlags(own, 512, { ...plain, memory: false })).toEqual([
      '--workdir=/srv',
      '--cap-add=SYS_PTRACE',
    ]);
  });

  test('are no more than the machine allows', () => {
    const flags = limitFlags(applied, 1024, confined);
    expect(flags).toContain('--ulimit=nofile=20000:20000');
    expect(flags.filter((flag) => /init|memory/.test(flag))).toEqual([]);
  });

  test.each([
    [{ privileged: true }, 'privileged'],
    [{ hostname: 'agent' }, 'hostname'],
    [{ linuxParameters: { sharedMemorySize: 128 } }, 'sharedMemorySize'],
    [{ linuxParameters: { devices: [{ hostPath: '/dev/fuse' }] } }, 'devices'],
  ])('%j is refused, not left out', (about, name) => {
    expect(() => readContainerLimits(about)).toThrow(`${name}: not rehearsed`);
  });
});

test('an owner is alive while its own process is, not while another has its pid', async () => {
  const own = await ownName();
  expect(await isAlive(own)).toBe(true);
  expect(await isAlive(`${process.pid}-1`)).toBe(false);
  expect(await isAlive('4194305-1')).toBe(false);
  expect(await isAlive('')).toBe(false);
});
