import { afterAll, describe, expect, test } from 'bun:test';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.ts';

// The launcher in a separate checkout, under the conditions that it must explain. Those that need a namespace (no
// network, a read-only or full disk) are real ones made by unshare; if unshare is refused, the test is skipped with a
// message.

const root = join(import.meta.dir, '../..');
const isolated = Bun.spawnSync(['unshare', '-rmn', 'true'], { stderr: 'ignore' }).exitCode === 0;

const base = await mkdtemp(join(tmpdir(), 'launcher-'));
await mkdir(join(base, 'pinned'));
await symlink(process.execPath, join(base, 'pinned/bun'));
afterAll(() => rm(base, { recursive: true, force: true }));

/** A checkout with the files that the launcher reads, and a cli/main.ts that shows that it was reached. */
async function checkout(name: string): Promise<string> {
  const folder = join(base, name);
  await mkdir(join(folder, 'cli'), { recursive: true });
  await cp(join(root, 'lornu'), join(folder, 'lornu'));
  const { packageManager } = (await Bun.file(join(root, 'package.json')).json()) as {
    packageManager: string;
  };
  const manifest = { name: 'trial', private: true, packageManager, workspaces: ['cli'] };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(folder, 'cli/package.json'),
    JSON.stringify({ name: 'trial-cli', dependencies: { commander: '15.1.0' } }),
  );
  await writeFile(
    join(folder, 'cli/main.ts'),
    "console.log(`cli ${Bun.version} ${Bun.argv.slice(2).join(' ')}`, import.meta.resolve('commander').length > 0);",
  );
  const locked = Bun.spawnSync([process.execPath, 'install', '--lockfile-only'], {
    cwd: folder,
    stderr: 'pipe',
  });
  if (locked.exitCode !== 0) throw new Error(locked.stderr.toString());
  return folder;
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function launch(
  folder: string,
  options: { path?: string; env?: Record<string, string>; inside?: string } = {},
): Promise<Ran> {
  const command = options.inside ? ['unshare', '-rmn', 'sh', '-c', options.inside] : ['./lornu', 'hello'];
  const child = Bun.spawn(command, {
    cwd: folder,
    // A separate home, so that no cache of npm or bun is used.
    env: {
      ...process.env,
      PATH: options.path ?? pathWithout('bun'),
      HOME: `${folder}-home`,
      ...options.env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** This machine's PATH, without the folders that contain the program. */
function pathWithout(program: string): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.filter((folder) => !Bun.which(program, { PATH: folder })).join(':');
}

const explained = (what: string, why: RegExp): RegExp =>
  new RegExp(`\n${what}\n  why:  ${why.source}\n  next: .+\n$`);

describe('the launcher', () => {
  test(
    'downloads the pinned bun and the locked packages once, and is silent afterwards',
    async () => {
      const folder = await checkout('fresh');
      const first = await launch(folder);
      expect(first).toMatchObject({ code: 0, stdout: `cli ${Bun.version} hello true\n` });
      expect(first.stderr).toMatch(/^Fetching bun .+\nInstalling the locked packages .+\n$/);
      expect(await launch(folder)).toMatchObject({ code: 0, stderr: '' });

      // Another lockfile, another installation.
      await writeFile(join(folder, 'bun.lock'), `${await Bun.file(join(folder, 'bun.lock')).text()}\n`);
      expect((await launch(folder)).stderr).toBe('Installing the locked packages ...\n');

      await writeFile(
        join(folder, 'cli/package.json'),
        JSON.stringify({ name: 'trial-cli', dependencies: { commander: '14.0.0' } }),
      );
      const changed = await launch(folder);
      expect(changed.code).toBe(3);
      expect(changed.stderr).toMatch(
        explained("The packages can't be installed.", /bun\.lock does not match the package\.json files\./),
      );
    },
    { timeout: 120_000 },
  );

  test('uses a bun on PATH only at the pinned version', async () => {
    const folder = await checkout('own-bun');
    const here = await launch(folder, { path: `${join(base, 'pinned')}:${pathWithout('bun')}` });
    expect(here).toMatchObject({ code: 0, stderr: 'Installing the locked packages ...\n' });

    const oldBun = join(base, 'old');
    await mkdir(oldBun);
    await writeFile(join(oldBun, 'bun'), '#!/bin/sh\necho 1.0.0\n');
    await chmod(join(oldBun, 'bun'), 0o755);
    const other = await launch(folder, {
      path: `${oldBun}:${pathWithout('bun')}`,
      env: { npm_config_registry: 'http://127.0.0.1:9' },
    });
    expect(other.stderr).toMatch(/^Fetching bun/);
  });

  test('that was stopped during its set-up, in whichever way, leaves nothing that stops the next one', async () => {
    const folder = await checkout('stopped');
    const bin = join(base, 'slow-npm');
    await mkdir(bin);
    const npm = '#!/bin/sh\ntouch "$HOME-asked"\nexec sleep 60\n';
    await writeFile(join(bin, 'npm'), npm, { mode: 0o755 });
    const cache = join(folder, '.cache');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
      const asked = `${folder}-${signal}-asked`;
      const child = Bun.spawn(['./lornu', 'hello'], {
        cwd: folder,
        env: { ...process.env, PATH: `${bin}:${pathWithout('bun')}`, HOME: `${folder}-${signal}` },
        detached: true,
        stderr: 'ignore',
      });
      await until(() => Bun.file(asked).exists());
      process.kill(-child.pid, signal);
      await child.exited;
      expect(child.signalCode).toBe(signal);
    }
    const next = await launch(folder, { env: { npm_config_registry: 'http://127.0.0.1:9' } });
    expect(next.stderr).toStartWith('Fetching bun');
    expect(await readdir(cache)).toEqual(['fetch-bun.log']);
  });

  test('waits for another one that is installing', async () => {
    const folder = await checkout('waiting');
    await mkdir(join(folder, '.cache'));
    await symlink(String(process.pid), join(folder, '.cache/installing'));
    const child = Bun.spawn(['./lornu', 'hello'], {
      cwd: folder,
      env: { ...process.env, PATH: pathWithout('bun'), npm_config_registry: 'http://127.0.0.1:9' },
      stderr: 'pipe',
    });
    let said = '';
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.endsWith('set-up ...\n')) await rm(join(folder, '.cache/installing'));
    }
    expect(said).toStartWith(
      `Waiting for another ./lornu (process ${process.pid}) to finish its set-up ...\nFetching bun`,
    );
  });

  test('without npm says what to install', async () => {
    const folder = await checkout('no-npm');
    const bin = join(base, 'bin');
    await mkdir(bin);
    for (const program of ['sh', 'sed', 'dirname', 'uname', 'cat', 'cksum']) {
      const path = Bun.which(program);
      if (path) await symlink(path, join(bin, program));
    }
    const { code, stderr } = await launch(folder, { path: bin });
    expect(code).toBe(3);
    expect(stderr).toMatch(/there is no npm on PATH\.\n  next: Install Node\.js 20 or later/);
  });

  test('with a registry that refuses says that it cannot be reached', async () => {
    const folder = await checkout('refused');
    const { code, stderr } = await launch(folder, { env: { npm_config_registry: 'http://127.0.0.1:9' } });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      explained('bun .+ can.t be fetched\\.', /The npm registry can't be reached from here\./),
    );
  });

  test.skipIf(!isolated)('without a network says so', async () => {
    const folder = await checkout('no-network');
    const { code, stderr } = await launch(folder, { inside: './lornu hello' });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      explained('bun .+ can.t be fetched\\.', /The npm registry can't be reached from here\./),
    );
  });

  test.skipIf(!isolated)('in a read-only checkout says so', async () => {
    const folder = await checkout('read-only');
    const inside = `mount --bind . . && mount -o remount,ro,bind . && cd ${folder} && ./lornu hello`;
    const { code, stderr } = await launch(folder, { inside });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      explained("Nothing can be stored in the checkout's cache folder.", /.+ can't be written\./),
    );
  });

  test.skipIf(!isolated)('on a full disk says so', async () => {
    const folder = await checkout('full');
    const disk = join(base, 'small-disk');
    await mkdir(disk);
    const inside = `mount -t tmpfs -o size=256k tmpfs ${disk} && cp -r . ${disk}/x && cd ${disk}/x
      mkdir .cache; dd if=/dev/zero of=fill bs=1k 2>/dev/null; ./lornu hello`;
    const { code, stderr } = await launch(folder, {
      inside,
      path: `${join(base, 'pinned')}:${pathWithout('bun')}`,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(explained('.+', /The disk under .+ is full \(\d+ kB free; .+\)\./));
  });
});
