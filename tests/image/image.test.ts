import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { buildImages, TARGETS, type BuildOptions, type BuiltImages } from '@lornu/ops/image/build-image.ts';
import { layerDigests, measureImages, renderSizes } from '@lornu/ops/image/image-size.ts';
import { runImage, type RunningContainer } from '@lornu/ops/image/run-image.ts';
import { scanImages } from '@lornu/ops/image/scan-image.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyCheckout } from '../support/copy-checkout.ts';
import { describeTasks } from './tasks.ts';
import { events, streamTurn } from './conversation.ts';

// The images are built for real from a clean copy of the checkout, and run under the limits of the task definition.

const root = join(import.meta.dir, '../..');
const MARKER = 'planted-secret-8f2c1d';
const MINUTES = 60_000;
const context = {
  root: '',
  cacheDir: join(root, '.cache'),
  env: process.env,
  redact: (text: string) => text,
  signal: new AbortController().signal,
};
/** Where people keep secrets and state; none of it may get into a build. */
const PLANTED = [
  '.env',
  '.env.staging',
  'agents/lornu/.env',
  'backend/.env.local',
  'backend/server.key',
  'backend/dist/old.js',
  'frontend/.env.production',
  'gcp-agent/service-account.pem',
  'gcp-agent/.venv/secret',
  'terraform/aws/staging/terraform.tfstate',
  '.lornu/sessions.sqlite',
  '.git/config',
];

let base: string;
let built: BuiltImages;
let gemini: GeminiStandin;

const build = (options: Partial<BuildOptions> = {}): Promise<BuiltImages> =>
  buildImages({ targets: TARGETS, ...options }, context, () => undefined);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'image-'));
  context.root = join(base, 'checkout');
  await copyCheckout(root, context.root);
  for (const file of PLANTED) {
    await mkdir(dirname(join(context.root, file)), { recursive: true });
    await writeFile(join(context.root, file), MARKER);
  }
  gemini = await spawnGeminiStandin({ chunks: 30, delayMs: 100 });
  built = await build();
}, 15 * MINUTES);

afterAll(async () => {
  await gemini?.stop();
  await rm(base, { recursive: true, force: true });
});

async function start(target: (typeof TARGETS)[number], readOnly = true): Promise<RunningContainer> {
  const image = built.images.find((one) => one.target === target)?.image ?? '';
  const env = { GOOGLE_GEMINI_BASE_URL: gemini.url, GEMINI_API_KEY: 'stand-in' };
  return runImage({ engine: built.engine, image, port: 0, env, readOnly }, { ...context, root });
}

/** Runs a command in the container, as its own user. */
async function inside(container: RunningContainer, ...command: string[]): Promise<string> {
  return (await runCommand([built.engine.path, 'exec', container.name, ...command])).stdout.trim();
}

describe('the context of the build', () => {
  test('contains no secret and no state of the checkout', async () => {
    await writeFile(join(base, 'everything.Dockerfile'), 'FROM scratch\nCOPY . /\n');
    const archive = join(base, 'everything.tar');
    const file = [
      '--file',
      join(base, 'everything.Dockerfile'),
      '--ignorefile',
      join(context.root, '.dockerignore'),
    ];
    await runCommand([built.engine.path, 'build', ...file, '-t', 'localhost/lornu-everything', context.root]);
    await runCommand([built.engine.path, 'save', '-o', archive, 'localhost/lornu-everything']);
    await runCommand([built.engine.path, 'rmi', 'localhost/lornu-everything']);
    const bytes = Buffer.from(await Bun.file(archive).bytes());
    expect(bytes.includes('rootAgent')).toBe(true);
    expect(bytes.includes(MARKER)).toBe(false);
  });
});

for (const target of TARGETS) {
  describe(`the container of ${target}`, () => {
    test(
      'answers /health, shows the page, streams a turn, and finishes a stream after SIGTERM',
      async () => {
        const container = await start(target);
        try {
          expect((await fetch(`${container.url}/health`)).status).toBe(200);
          expect(await (await fetch(container.url)).text()).toContain('<script');
          const stream = events(await streamTurn(container.url, 'Good morning'));
          expect(stream.length).toBeGreaterThan(2);
          expect(stream.some(({ errorCode }) => errorCode)).toBe(false);

          let stopped: Promise<void> | undefined;
          const beganMs = performance.now();
          const late = await streamTurn(container.url, 'Good evening', (all) => {
            if (events(all).length > 2) stopped ??= container.stop();
          });
          const answer = events(late);
          const spoken = answer
            .filter(({ partial }) => partial)
            .map(({ text }) => text)
            .join('');
          expect(answer.at(-1)?.text).toBe(spoken);
          expect(spoken.length).toBeGreaterThan(20);
          await stopped;
          expect(await container.child.ended).toBe('ended with exit code 0');
          say(
            `${target}: /health after ${Math.round(container.startMs)} ms; stopped ${Math.round(performance.now() - beganMs)} ms after a stream began`,
          );
        } finally {
          await container.stop();
          await container.remove();
        }
      },
      3 * MINUTES,
    );

    test(
      'is user nobody, has no capabilities, and can only write to /tmp',
      async () => {
        const container = await start(target);
        try {
          const script = target === 'agent' ? ['bun', '-e', PROBE_BUN] : ['python', '-c', PROBE_PYTHON];
          const { uid, capabilities, wrote, memoryKb } = JSON.parse(
            await inside(container, ...script),
          ) as Probe;
          expect(uid).toBe(10_001);
          expect(capabilities).toMatch(/^0+$/);
          // Shared memory, which every engine mounts; it is not part of the image.
          expect(wrote).toEqual(['/dev/shm', '/tmp']);
          say(`${target}: ${Math.round(memoryKb / 1000)} MB of memory, idle`);
        } finally {
          await container.stop();
          await container.remove();
        }
      },
      2 * MINUTES,
    );

    test(
      'writes nothing outside /tmp even if it could',
      async () => {
        const container = await start(target, false);
        try {
          await streamTurn(container.url, 'Hello');
          const diff = await runCommand([built.engine.path, 'diff', container.name]);
          // The engine's own: mount points that it creates for name resolution, /proc and others.
          const own = /^[AC] \/(etc|run|dev|proc|sys|tmp)(\/|$)/;
          expect(diff.stdout.split('\n').filter((line) => line && !own.test(line))).toEqual([]);
        } finally {
          await container.stop();
          await container.remove();
        }
      },
      2 * MINUTES,
    );
  });
}

interface Probe {
  uid: number;
  capabilities: string;
  /** Folders in which a file could be created. */
  wrote: string[];
  /** Resident memory of the first process. */
  memoryKb: number;
}
const FOLDERS = ['/', '/app', '/etc', '/run', '/usr/local/bin', '/var/tmp', '/dev/shm', '/tmp'];
const PROBE_BUN = `
  const fs = require('node:fs');
  const status = fs.readFileSync('/proc/1/status', 'utf8');
  const wrote = ${JSON.stringify(FOLDERS)}.filter((dir) => {
    try { fs.writeFileSync(dir + '/probe', 'x'); fs.unlinkSync(dir + '/probe'); return true; } catch { return false; }
  });
  console.log(JSON.stringify({ uid: process.getuid(), wrote,
    capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1], memoryKb: Number(/VmRSS:\\s*(\\d+)/.exec(status)[1]) }));`;
const PROBE_PYTHON = `
import json, os, re
status = open('/proc/1/status').read()
def writable(folder):
    try:
        path = os.path.join(folder, 'probe')
        open(path, 'w').close()
        os.unlink(path)
        return True
    except OSError:
        return False
print(json.dumps({'uid': os.getuid(), 'wrote': [f for f in ${JSON.stringify(FOLDERS)} if writable(f)],
    'capabilities': re.search(r'CapEff:\\s*(\\w+)', status)[1], 'memoryKb': int(re.search(r'VmRSS:\\s*(\\d+)', status)[1])}))`;

describeTasks(() => ({ built, geminiUrl: gemini.url, folder: join(base, 'tasks') }));

describe('the layers', () => {
  test(
    'are identical in two builds of one commit, and small',
    async () => {
      const sizes = await measureImages(built, context.root);
      say(renderSizes(sizes));
      const [agent, gcpAgent] = sizes;
      expect((agent?.compressedBytes ?? Infinity) / 1e6).toBeLessThanOrEqual(80);

      const again = await build({ targets: ['agent'], noCache: true });
      const rebuilt = await layerDigests(again.engine, again.images[0]?.image ?? '');
      expect(rebuilt).toEqual(agent?.layers.map(({ digest }) => digest) ?? []);
      // The page is one layer in both images.
      expect(gcpAgent?.layers.map(({ digest }) => digest)).toContain(agent?.layers[1]?.digest ?? '');
    },
    10 * MINUTES,
  );

  test(
    'only change if the source changed',
    async () => {
      const digests = async (): Promise<string[]> => {
        const { engine, images } = await build({ targets: ['agent'] });
        return layerDigests(engine, images[0]?.image ?? '');
      };
      const before = await digests();
      const file = join(context.root, 'agents/lornu/agent.ts');
      await writeFile(file, `${await Bun.file(file).text()}\nexport const changed = 1;\n`);
      const beganMs = performance.now();
      const after = await digests();
      say(
        `agent: rebuilt after a change of an agent in ${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
      );
      // Bun and its libraries, the page, the agents, the service.
      expect(after.map((digest, index) => digest === before[index])).toEqual([true, true, false, true]);
    },
    10 * MINUTES,
  );
});

describe('the Dockerfile', () => {
  test(
    'has no finding of hadolint, and the contents of the images can be listed',
    async () => {
      const { dockerfile, bills } = await scanImages(context, () => undefined);
      expect(dockerfile).toEqual([]);
      const named = async (target: string): Promise<string[]> => {
        const path = bills.find((bill) => bill.target === target)?.path ?? '';
        const bill = (await Bun.file(path).json()) as { components: { name: string; group?: string }[] };
        return bill.components.map(({ name, group }) => (group ? `${group}/${name}` : name));
      };
      const agent = await named('agent');
      expect(agent).toContain('hono');
      expect(agent).not.toContain('knip');
      const gcpAgent = await named('gcp-agent');
      expect(gcpAgent).toContain('google-adk');
      expect(gcpAgent).not.toContain('pytest');
    },
    5 * MINUTES,
  );
});

describe('an impossible build', () => {
  const failure = async (options: Partial<BuildOptions>): Promise<string> =>
    build({ targets: ['agent'], ...options }).then(
      () => 'it was built',
      (error: unknown) =>
        String(
          error instanceof Error && 'parts' in error
            ? Object.values(error.parts as object)
                .flat()
                .join('\n')
            : error,
        ),
    );

  test('for another processor, with stand-in bases, says so', async () => {
    const platform = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    expect(await failure({ platform, standIns: true })).toContain(
      `An image for ${platform} can't be built here.`,
    );
  });

  test('without a builder lists the supported ones', async () => {
    const { env } = context;
    context.env = { ...env, PATH: dirname(process.execPath) };
    expect(await failure({})).toContain('No working podman, docker or buildah was found.');
    context.env = env;
  });

  test(
    'with a lock file that does not match says what to run',
    async () => {
      const file = join(context.root, 'backend/package.json');
      const text = await Bun.file(file).text();
      await writeFile(file, text.replace('"zod": "catalog:"', '"zod": "4.0.0"'));
      const said = await failure({});
      await writeFile(file, text);
      expect(said).toContain('A lock file does not match its manifest.');
      expect(said).toContain('bun install');
    },
    2 * MINUTES,
  );
});
