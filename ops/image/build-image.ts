import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { tryCommand } from '../process/run-command.ts';
import { ensureTools } from '../setup/ensure-tools.ts';
import { runSteps, type Step } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { BASE_ARGS, pullBase, readBaseDefaults, type BaseArg } from './base-images.ts';
import { explainBuild } from './explain-build.ts';
import { findEngine, fitEngine, type Engine, type EngineKind } from './engine.ts';
import { makeStandIn } from '../without-registry/base-images.ts';

export const TARGETS = ['agent', 'gcp-agent'] as const;
export type Target = (typeof TARGETS)[number];

/** Timestamp of every file: unchanged content keeps its layer from commit to commit, and builds are reproducible. */
const EPOCH_S = 315_532_800;

export interface BuildOptions {
  targets: readonly Target[];
  /** Example: linux/arm64; default: this machine's. */
  platform?: string | undefined;
  engine?: EngineKind | undefined;
  /** Use stand-in bases without contacting a registry. */
  standIns?: boolean | undefined;
  /** Rebuild every layer. */
  noCache?: boolean | undefined;
}

export interface BuiltImage {
  target: Target;
  /** Name in the engine's local store. */
  image: string;
  id: string;
  revision: string;
  /** Base images that are stand-ins, by the Dockerfile's argument. */
  standIns: Partial<Record<BaseArg, string>>;
}

export interface BuiltImages {
  engine: Engine;
  images: BuiltImage[];
}

export type BuildContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>;

/** Builds the targets with any available builder; bases that can't be pulled are replaced by named stand-ins. */
export async function buildImages(
  options: BuildOptions,
  context: BuildContext,
  emit: Emit,
): Promise<BuiltImages> {
  const native = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  const platform = options.platform ?? native;
  const revision = await readRevision(context);
  const bases = new Map<BaseArg, string>();
  const standIns: Partial<Record<BaseArg, string>> = {};
  const images: BuiltImage[] = [];
  let engine: Engine | undefined;
  const found = async (): Promise<Engine> => (engine ??= await findEngine(context.env, options.engine));

  const steps: Step[] = [
    {
      id: 'bases',
      title: 'Get the base images',
      run: async ({ line }) => {
        const defaults = await readBaseDefaults(context.root);
        for (const arg of BASE_ARGS) {
          const failure = options.standIns
            ? 'stand-ins were asked for'
            : (await pullBase(await found(), defaults[arg], context.signal)).failure;
          if (failure === undefined) continue;
          line(`${defaults[arg]}: ${failure}`);
          if (platform !== native) throw wrongArchitecture(platform, native, failure);
          await ensureTools(['uv'], context, emit);
          const image = await makeStandIn(arg, await found(), context, { emit, line });
          bases.set(arg, image);
          standIns[arg] = image;
        }
        const names = Object.keys(standIns);
        return names.length > 0
          ? `STAND-INS for ${names.join(', ')}: fit for tests, never to be pushed`
          : 'as the Dockerfile names them';
      },
    },
    {
      id: 'engine',
      title: 'Try the builder',
      run: async () => {
        const probe = bases.get('BUN_IMAGE') ?? (await readBaseDefaults(context.root)).BUN_IMAGE;
        engine = await fitEngine(await found(), probe, ['bun', '--version'], context.env);
        return engine.note ? `${engine.kind}; ${engine.note}` : engine.kind;
      },
    },
    ...options.targets.map((target): Step => ({
      id: `build-${target}`,
      title: `Build ${target}`,
      run: async ({ line }) => {
        const image = `localhost/lornu-${target}:${revision}`;
        const args = [...bases].flatMap(([arg, name]) => ['--build-arg', `${arg}=${name}`]);
        const command = buildCommand(await found(), {
          target,
          image,
          platform,
          revision,
          args,
          options,
          root: context.root,
          certificates: context.env['NODE_EXTRA_CA_CERTS'] || context.env['SSL_CERT_FILE'],
        });
        const built = await tryCommand(command, {
          env: { ...context.env, SOURCE_DATE_EPOCH: String(EPOCH_S) },
          signal: context.signal,
          onLine: line,
        });
        if (built.exitCode !== 0) throw explainBuild(target, built, context.root);
        const id = await imageId(await found(), image);
        images.push({ target, image, id, revision, standIns });
        return image;
      },
    })),
  ];
  await runSteps(steps, emit);
  return { engine: await found(), images };
}

interface CommandParts {
  target: Target;
  image: string;
  platform: string;
  revision: string;
  args: readonly string[];
  options: BuildOptions;
  root: string;
  /** A file of CA certificates that this machine trusts in addition to the public ones. */
  certificates: string | undefined;
}

function buildCommand(engine: Engine, parts: CommandParts): string[] {
  const { target, image, platform, revision, args, options, root, certificates } = parts;
  return [
    engine.path,
    'build',
    ...engine.buildFlags,
    ...(engine.kind === 'docker' ? [] : ['--layers', '--timestamp', String(EPOCH_S), '--format', 'oci']),
    ...(options.noCache ? ['--no-cache'] : []),
    '--platform',
    platform,
    '--target',
    target,
    '--build-arg',
    `REVISION=${revision}`,
    ...args,
    ...(certificates ? ['--secret', `id=ca,src=${certificates}`] : []),
    '--tag',
    image,
    '--file',
    `${root}/Dockerfile`,
    root,
  ];
}

async function imageId(engine: Engine, image: string): Promise<string> {
  const inspect =
    engine.kind === 'buildah'
      ? ['inspect', '--type', 'image', '--format', '{{.FromImageID}}', image]
      : ['image', 'inspect', '--format', '{{.Id}}', image];
  return (await tryCommand([engine.path, ...inspect])).stdout.trim().replace(/^sha256:/, '');
}

/** The commit, with "-dirty" if files differ from it; "dev" outside a repository. */
async function readRevision({ root }: BuildContext): Promise<string> {
  const head = await tryCommand(['git', '-C', root, 'rev-parse', 'HEAD']);
  if (head.exitCode !== 0) return 'dev';
  const changes = await tryCommand(['git', '-C', root, 'status', '--porcelain']);
  return `${head.stdout.trim().slice(0, 12)}${changes.stdout ? '-dirty' : ''}`;
}

function wrongArchitecture(platform: string, native: string, failure: string): CliError {
  return new CliError({
    what: `An image for ${platform} can't be built here.`,
    why: `Its base images can't be pulled (${failure}), and stand-ins are made for this machine's ${native} only.`,
    next: 'Check the network and the registry; or build on a machine of that architecture.',
    exitCode: EXIT.machine,
  });
}
