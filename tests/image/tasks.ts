import type { BuiltImages } from '@lornu/ops/image/build-image.ts';
import { readLines, tryCommand } from '@lornu/ops/process/run-command.ts';
import { removeLeftBehind } from '@lornu/rehearsal/containers/left-behind.ts';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containersOf, openTaskStarter, planOf, until, type TaskStarter } from './as-a-task.ts';
import { events, streamTurn } from './conversation.ts';

const MINUTE = 60_000;
const SECRET = 'hunter2-of-this-task';
const HEALTH = [
  'bun',
  '-e',
  "fetch('http://127.0.0.1:8080/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))",
];
/** Exits with 0 if everything is as in the task definition. */
const LOOK_AROUND = `
  const fs = require('node:fs');
  const status = fs.readFileSync('/proc/1/status', 'utf8');
  const canWrite = (dir) => { try { fs.writeFileSync(dir + '/probe', 'x'); return true; } catch { return false; } };
  const { bsize, blocks } = fs.statfsSync('/tmp');
  const wrong = Object.entries({
    user: process.getuid() === 10001 && process.getgid() === 10001,
    capabilities: /CapEff:\\s*0+\\s/.test(status) && /CapBnd:\\s*0+\\s/.test(status),
    init: fs.readFileSync('/proc/1/cmdline', 'utf8').includes('init'),
    root: / \\/ \\S+ ro,/.test(fs.readFileSync('/proc/1/mounts', 'utf8')) && !['/', '/app', '/run'].some(canWrite),
    tmp: canWrite('/tmp') && bsize * blocks === 64 * 2 ** 20,
    secret: process.env.CLIENT_SECRET === '${SECRET}',
  }).flatMap(([name, holds]) => holds ? [] : [name]);
  if (wrong.length > 0) fs.writeFileSync('/proc/1/fd/1', 'wrong: ' + wrong.join() + '\\n');
  process.exit(wrong.length);`;

interface Given {
  built: BuiltImages;
  geminiUrl: string;
  folder: string;
}

/** The image as the rehearsal's task runner runs it: from a task definition, in a container of podman. */
export function describeTasks(given: () => Given): void {
  const imageId = (): string => given().built.images.find(({ target }) => target === 'agent')?.id ?? '';

  describe('a task in a container of the image', () => {
    let starter: TaskStarter;
    beforeAll(async () => {
      starter = await openTaskStarter(imageId(), given().built.engine, given().folder);
    }, MINUTE);
    afterAll(async () => starter?.end(), MINUTE);

    test(
      'matches its definition, finishes its stream after SIGTERM, and shows its secrets in no process list',
      async () => {
        const lists = watchProcessLists(SECRET);
        const { container, url, lines } = await starter.start(planOf(), {
          CLIENT_SECRET: SECRET,
          GOOGLE_GEMINI_BASE_URL: given().geminiUrl,
          GEMINI_API_KEY: 'stand-in',
        });
        expect(await lists.end()).toEqual({ found: [], seenPodman: true });
        await until('healthy', async () => container.check(HEALTH, false, 10_000), lines);
        const looked = await container.check(['bun', '-e', LOOK_AROUND], false, 10_000);
        expect(looked || lines).toBe(true);
        expect(await container.check(['bun', '-e', 'process.exit(3)'], false, 10_000)).toBe(false);
        expect(await readFile(`/proc/${container.pid}/cmdline`, 'utf8')).toBe('bun\0serve.js\0');

        let asked = false;
        const answer = events(
          await streamTurn(url, 'Good evening', (all) => {
            if (asked || events(all).length <= 2) return;
            asked = true;
            container.signal('SIGTERM');
          }),
        );
        const spoken = answer.flatMap(({ partial, text }) => (partial ? [text] : [])).join('');
        expect(asked).toBe(true);
        expect(spoken.length).toBeGreaterThan(20);
        expect(answer.at(-1)?.text).toBe(spoken);
        expect(await container.ended).toEqual({ exitCode: 0 });
        expect(lines.some((line) => line.startsWith('{') && line.includes('"'))).toBe(true);
        expect(await starter.containers()).toEqual([]);
      },
      3 * MINUTE,
    );

    test(
      'ends by SIGKILL, by its own exit code, and by the memory limit with its reason',
      async () => {
        const run = async (script: string, memory?: string) =>
          (await starter.start(planOf({ command: ['bun', '-e', script] }, memory))).container;
        const waits = await run("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
        const fails = await run("console.log('last words'); process.exit(7)");
        const eats = await run('const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1))', '96');
        expect(await fails.ended).toEqual({ exitCode: 7 });
        expect(await eats.ended).toEqual({
          exitCode: 137,
          reason: expect.stringMatching(/^OutOfMemoryError: Container killed due to memory usage/),
        });
        waits.signal('SIGTERM');
        waits.signal('SIGKILL');
        // Not because of its memory.
        expect(await waits.ended).toEqual({ exitCode: 137 });
        expect(await starter.containers()).toEqual([]);
      },
      2 * MINUTE,
    );

    test(
      'without cgroups its memory is limited by polling, and a failed start has a reason',
      async () => {
        const poor = { memory: false, init: false };
        const eat = planOf(
          {
            command: [
              'bun',
              '-e',
              'globalThis.all = Buffer.alloc(200 << 20, 1); setInterval(() => {}, 1000)',
            ],
          },
          '96',
        );
        const { container } = await starter.start(eat, {}, poor);
        expect(await container.ended).toEqual({
          exitCode: 137,
          reason: expect.stringMatching(/^OutOfMemoryError: .* \(\d{3} of 96 MB\)$/),
        });
        const refused = await starter.start(planOf({ command: ['missing'] }), {}, poor).catch(String);
        expect(refused).toMatch(/^Error: CannotStartContainerError: .*missing/);
        expect(await starter.containers()).toEqual([]);
      },
      MINUTE,
    );

    test(
      'is removed when the process that ran it is killed, and if its cleaner is killed too, at the next start',
      async () => {
        const program = given().built.engine.path;
        const orphan = await startRunner(given(), imageId());
        expect(await containersOf(program, orphan.owner)).toHaveLength(1);
        orphan.kill('SIGKILL');
        await until('gone', async () => (await containersOf(program, orphan.owner)).length === 0);
        expect(await isThere(orphan.pid)).toBe(false);

        const forsaken = await startRunner(given(), imageId());
        const { container } = await starter.start(
          planOf({ command: ['bun', '-e', 'setInterval(() => {}, 1000)'] }),
        );
        // First kill its cleaner, so that nothing removes its containers when it dies.
        for (const pid of await processesNaming(`=${forsaken.owner}`)) process.kill(pid, 'SIGKILL');
        forsaken.kill('SIGKILL');
        await until('dead', async () => !(await isThere(forsaken.runner)));
        expect(await containersOf(program, forsaken.owner)).toHaveLength(1);
        expect(await removeLeftBehind(starter.image.podman)).toBeGreaterThanOrEqual(1);
        expect(await containersOf(program, forsaken.owner)).toEqual([]);
        // Ours belongs to a living owner.
        expect(await starter.containers()).toHaveLength(1);
        container.signal('SIGKILL');
        await container.ended;
      },
      2 * MINUTE,
    );
  });
}

/** A task run by a separate process, which can be killed. */
async function startRunner({ built, folder }: Given, image: string) {
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, 'killed-runner/main.ts'),
      image,
      JSON.stringify(built.engine),
      folder,
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  const said = Promise.withResolvers<string>();
  void readLines(child.stdout, said.resolve).then(() => said.reject(new Error('it ended')));
  const about = JSON.parse(await said.promise) as { owner: string; pid: number };
  return { ...about, runner: child.pid, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** Reads every command line of this machine, repeatedly, until it is stopped. */
function watchProcessLists(text: string): { end: () => Promise<{ found: string[]; seenPodman: boolean }> } {
  const life = new AbortController();
  const found: string[] = [];
  let seenPodman = false;
  const loop = (async () => {
    while (!life.signal.aborted) {
      for (const line of await commandLines()) {
        if (line.includes('podman') && line.includes('--env=CLIENT_SECRET')) seenPodman = true;
        if (line.includes(text)) found.push(line);
      }
      await Bun.sleep(1);
    }
  })();
  return {
    end: async () => {
      life.abort();
      await loop;
      return { found, seenPodman };
    },
  };
}

async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

async function processesNaming(text: string): Promise<number[]> {
  const { stdout } = await tryCommand(['ps', '-eo', 'pid=,args=', '-ww']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(text) && line.includes('sh -c'))
    .map((line) => Number(line.trim().split(' ')[0]));
}

async function isThere(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text !== '' && !/\) Z /.test(text);
}
