import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../base/cli-error.ts';
import { readCheckout, toRevision } from '../delivery/git.ts';
import { requireTested } from '../delivery/github/tested.ts';
import { signIn, withSignIn, type Registry } from '../delivery/image/registry.ts';
import { openRepository, REPOSITORY, tagOf, targetOf } from '../delivery/image/repository.ts';
import { requireCosign, requireSignature } from '../delivery/image/signature.ts';
import { readVariables } from '../delivery/plan/variables.ts';
import { runCommand, type CommandOptions } from '../process/run-command.ts';
import { runSteps, type Step } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { buildImages, type BuildContext, type BuiltImages } from './build-image.ts';
import type { Engine } from './engine.ts';
import { scanImages } from './scan-image.ts';

const PUSH_MS = 15 * 60_000;
/** Sigstore is an external service, and an image that is pushed but not signed is useless. */
const SIGN_TRIES = 3;
const SIGN_PAUSE_MS = 5_000;
const NOTHING = 'Nothing was published.';

export interface PublishOptions {
  /**
   * Sign the image and bill of materials with the job's identity (cosign, keyless). The commit's tests must have
   * passed.
   */
  sign: boolean;
  /** Tests the built image before it is pushed; throws if it must not be pushed. */
  gate?: (image: string) => Promise<void>;
}

export interface PublishedImage {
  /** Example: 123456789012.dkr.ecr.us-east-1.amazonaws.com/lornu-agent. */
  repository: string;
  tag: string;
  revision: string;
  digest: string;
  /** False if the revision's image already existed: tags are immutable, so that image is used. */
  pushed: boolean;
  signed: boolean;
}

/**
 * Builds the image that staging runs, from a clean commit, makes its bill of materials, pushes it under its revision's
 * tag and returns the digest, by which all later steps name it. An existing revision is neither pushed nor signed
 * again: an image that this run did not build must already be signed.
 */
export async function publishImage(
  options: PublishOptions,
  context: BuildContext,
  emit: Emit,
): Promise<PublishedImage> {
  const variables = readVariables(context.env);
  const target = targetOf(variables);
  const checkout = await readCheckout(context);
  if (checkout.changed.length > 0) {
    throw refused(
      `The checkout has changes that its commit does not have: ${checkout.changed.slice(0, 3).join(', ')}.`,
      'Commit or undo them: an image is named after its commit.',
    );
  }
  if (options.sign) {
    requireCosign(NOTHING, context.env);
    await requireTested(checkout.commit, NOTHING, context.env);
  }
  const revision = toRevision(checkout.commit);
  const tag = tagOf(target, revision);
  const platform = variables['cpu_architecture'] === 'X86_64' ? 'linux/amd64' : 'linux/arm64';
  const limits = { env: context.env, signal: context.signal, timeoutMs: PUSH_MS };

  const existing = (await openRepository().list(target)).find((image) => image.revision === revision);
  const registry = await signIn(NOTHING);
  const { repository } = registry;
  const published: PublishedImage = {
    repository,
    tag,
    revision,
    digest: existing?.digest ?? '',
    pushed: existing === undefined,
    signed: false,
  };
  if (existing && options.sign) {
    await runSteps([signedStep(published, registry, context)], emit);
    published.signed = true;
  }
  const built = existing ? undefined : await buildImages({ targets: [target], platform }, context, emit);
  if (built) requireRealBases(built, context.env);
  const scan = await scanImages(context, emit);
  if (scan.dockerfile.length > 0) {
    throw refused(
      `The Dockerfile has findings: ${scan.dockerfile.slice(0, 3).join(' ')}`,
      './lornu image scan shows them all.',
    );
  }
  const bill = scan.bills.find((one) => one.target === target)?.path ?? '';
  // The push takes the tag for ever, so all checks come before it.
  if (built) {
    const { gate } = options;
    const image = built.images[0]?.image ?? '';
    if (gate)
      await runSteps([{ id: 'gate', title: 'Judge the candidate', run: async () => gate(image) }], emit);
    const steps = [pushStep(built, `${repository}:${tag}`, registry, published, limits)];
    if (options.sign) steps.push(signStep(bill, published, registry, limits));
    await runSteps(steps, emit);
  }
  return published;
}

/** Stand-in bases are for tests only; only a rehearsal, whose registry nobody pulls from, may use one. */
function requireRealBases({ images }: BuiltImages, env: BuildContext['env']): void {
  const standIns = images.flatMap((image) => Object.keys(image.standIns));
  if (standIns.length === 0 || env['LORNU_REHEARSAL'] === '1') return;
  throw refused(
    `${standIns.join(' and ')} could not be pulled, so the image stands on stand-ins.`,
    'Check the network and the registries of the base images, then publish again.',
  );
}

function pushStep(
  { engine, images }: BuiltImages,
  name: string,
  registry: Registry,
  published: PublishedImage,
  options: CommandOptions,
): Step {
  return {
    id: 'push',
    title: `Push ${published.tag}`,
    run: async ({ line }) =>
      withSignIn(registry, options.env ?? {}, async (env) => {
        const run = async (command: readonly string[]) =>
          runCommand([engine.path, ...command], {
            ...options,
            env,
            onLine: line,
            what: 'The image was not pushed.',
            next: 'Read the lines above; terraform/aws/bootstrap creates the publishing role and the repository.',
          });
        const insecure =
          env['LORNU_REHEARSAL'] === '1' && engine.kind !== 'docker' ? ['--tls-verify=false'] : [];
        await run(['tag', images[0]?.image ?? '', name]);
        return (published.digest = await push(engine, name, insecure, run));
      }),
  };
}

/** The digest in the registry: podman and buildah write it to a file, docker stores it with the image. */
async function push(
  engine: Engine,
  name: string,
  insecure: readonly string[],
  run: (command: readonly string[]) => Promise<{ stdout: string }>,
): Promise<string> {
  if (engine.kind === 'docker') {
    await run(['push', name]);
    const { stdout } = await run(['image', 'inspect', '--format', '{{json .RepoDigests}}', name]);
    return /@(sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
  }
  const folder = await mkdtemp(join(tmpdir(), 'lornu-push-'));
  try {
    const file = join(folder, 'digest');
    await run(['push', ...insecure, '--digestfile', file, name]);
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An image that already has the tag is not signed here, because anyone who may push could have pushed it. */
function signedStep({ digest, tag }: PublishedImage, registry: Registry, context: BuildContext): Step {
  return {
    id: 'signed',
    title: 'Verify who signed the image that is there (cosign)',
    run: async () =>
      requireSignature(
        digest,
        `${tag} is there already, and was not published again.`,
        context,
        registry,
      ).catch((error: unknown) => {
        if (!(error instanceof CliError) || error.exitCode !== EXIT.failed) throw error;
        const remove = `aws ecr batch-delete-image --repository-name ${REPOSITORY} --image-ids imageTag=${tag}`;
        throw new CliError({
          ...error.parts,
          next: `Find out who pushed it. If a run broke off before it signed: ${remove}, then publish again.`,
        });
      }),
  };
}

function signStep(
  bill: string,
  published: PublishedImage,
  registry: Registry,
  options: CommandOptions,
): Step {
  return {
    id: 'sign',
    title: 'Sign the image and its bill of materials (cosign)',
    run: async ({ line }) => {
      const image = `${published.repository}@${published.digest}`;
      await withSignIn(registry, options.env ?? {}, async (env) => {
        const cosign = {
          ...options,
          env,
          onLine: line,
          what: 'The image was pushed but not signed.',
          next: 'The job needs id-token: write. Delete the image from the repository before you publish again: an unsigned image of the same tag is refused.',
        };
        const attest = ['--type', 'cyclonedx', '--predicate', bill, image];
        await several(async () => runCommand(['cosign', 'sign', '--yes', image], cosign));
        await several(async () => runCommand(['cosign', 'attest', '--yes', ...attest], cosign));
      });
      published.signed = true;
      return image;
    },
  };
}

async function several(work: () => Promise<unknown>): Promise<void> {
  for (let left = SIGN_TRIES - 1; ; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await Bun.sleep(SIGN_PAUSE_MS);
    }
  }
}

function refused(why: string, next: string): CliError {
  return new CliError({ what: NOTHING, why, next });
}
