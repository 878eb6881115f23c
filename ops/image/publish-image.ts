import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/cli-error.ts';
import { explainAws } from '../delivery/aws/explain-aws.ts';
import { readCheckout, toRevision } from '../delivery/git.ts';
import { openRepository, REPOSITORY, tagOf, targetOf } from '../delivery/image/repository.ts';
import { readVariables } from '../delivery/plan/variables.ts';
import { runCommand, type CommandOptions } from '../process/run-command.ts';
import { runSteps, type Step } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { buildImages, type BuildContext, type BuiltImages } from './build-image.ts';
import type { Engine } from './engine.ts';
import { scanImages } from './scan-image.ts';

const PUSH_MS = 15 * 60_000;

export interface PublishOptions {
  /** Sign image and bill of materials with the identity of the job (cosign, keyless). */
  sign: boolean;
}

export interface PublishedImage {
  /** As in 123456789012.dkr.ecr.us-east-1.amazonaws.com/lornu-agent. */
  repository: string;
  tag: string;
  revision: string;
  digest: string;
  /** False when the revision's image was there already: tags can't be moved, so it is that one. */
  pushed: boolean;
  signed: boolean;
}

/**
 * Builds the image that staging runs, from a clean commit, lists what is in it, pushes it under its revision's tag and
 * gives back the digest, which is what everything after it names. A revision that is there already is not pushed again.
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
  if (options.sign && !Bun.which('cosign', { PATH: context.env['PATH'] ?? '' })) {
    throw new CliError({
      what: 'Nothing was published.',
      why: 'It is to be signed, and there is no cosign on PATH.',
      next: 'Install cosign (https://docs.sigstore.dev), or publish without --sign.',
      exitCode: EXIT.machine,
    });
  }
  const revision = toRevision(checkout.commit);
  const tag = tagOf(target, revision);
  const platform = variables['cpu_architecture'] === 'X86_64' ? 'linux/amd64' : 'linux/arm64';
  const limits = { env: context.env, signal: context.signal, timeoutMs: PUSH_MS };

  const existing = (await openRepository().list(target)).find((image) => image.revision === revision);
  const registry = await signIn();
  const repository = `${registry.host}/${REPOSITORY}`;
  const published: PublishedImage = {
    repository,
    tag,
    revision,
    digest: existing?.digest ?? '',
    pushed: existing === undefined,
    signed: false,
  };
  if (!existing) {
    const built = await buildImages({ targets: [target], platform }, context, emit);
    requireRealBases(built, context.env);
    await runSteps([pushStep(built, `${repository}:${tag}`, registry, published, limits)], emit);
  }
  const scan = await scanImages(context, emit);
  if (scan.dockerfile.length > 0) {
    throw refused(
      `The Dockerfile has findings: ${scan.dockerfile.slice(0, 3).join(' ')}`,
      './lornu image scan shows them all.',
    );
  }
  const bill = scan.bills.find((one) => one.target === target)?.path ?? '';
  if (options.sign) {
    await runSteps([signStep(`${repository}@${published.digest}`, bill, published, limits)], emit);
  }
  return published;
}

interface Registry {
  host: string;
  password: string;
}

async function signIn(): Promise<Registry> {
  try {
    const { authorizationData = [] } = await new ECRClient().send(new GetAuthorizationTokenCommand({}));
    const [data] = authorizationData;
    const [, password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    return { host: new URL(data?.proxyEndpoint ?? '').host, password };
  } catch (error) {
    throw explainAws('Nothing was published.', error);
  }
}

/** A stand-in base is fit for tests; only a rehearsal, whose registry nobody pulls from, may take one. */
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
  { host, password }: Registry,
  published: PublishedImage,
  options: CommandOptions,
): Step {
  return {
    id: 'push',
    title: `Push ${published.tag}`,
    run: async ({ line }) => {
      const run = async (command: readonly string[], stdin?: string) =>
        runCommand([engine.path, ...command], {
          ...options,
          ...(stdin === undefined ? {} : { stdin }),
          onLine: line,
          what: 'The image was not pushed.',
          next: 'Read the lines above; the publishing role and the repository are made by terraform/aws/bootstrap.',
        });
      const insecure =
        options.env?.['LORNU_REHEARSAL'] === '1' && engine.kind !== 'docker' ? ['--tls-verify=false'] : [];
      await run(['login', ...insecure, '--username', 'AWS', '--password-stdin', host], password);
      await run(['tag', images[0]?.image ?? '', name]);
      published.digest = await push(engine, name, insecure, run);
      return published.digest;
    },
  };
}

/** The digest as the registry knows it: podman and buildah write it down, docker keeps it with the image. */
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

function signStep(image: string, bill: string, published: PublishedImage, options: CommandOptions): Step {
  return {
    id: 'sign',
    title: 'Sign the image and its bill of materials (cosign)',
    run: async ({ line }) => {
      const cosign = {
        ...options,
        onLine: line,
        what: 'The image is pushed and was not signed.',
        next: 'Publish again: the image stays, only the signature is made. The job needs id-token: write.',
      };
      await runCommand(['cosign', 'sign', '--yes', image], cosign);
      await runCommand(
        ['cosign', 'attest', '--yes', '--type', 'cyclonedx', '--predicate', bill, image],
        cosign,
      );
      published.signed = true;
      return image;
    },
  };
}

function refused(why: string, next: string): CliError {
  return new CliError({ what: 'Nothing was published.', why, next });
}
