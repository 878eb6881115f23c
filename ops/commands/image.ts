import { Argument, Option, type Command } from 'commander';
import type { CliContext } from '../cli/cli-context.ts';
import { EXIT, type ExitCode } from '../cli/cli-error.ts';
import { buildImages, TARGETS, type Target } from '../image/build-image.ts';
import type { EngineKind } from '../image/engine.ts';
import { measureImage } from '../image/image-size.ts';
import { createReporter } from '../steps/reporter.ts';

const HELP = `
Examples:
  ./lornu image build                    both images with podman, docker or buildah
  ./lornu image build agent --json       one of them; the result for a program
  ./lornu image size                     what each layer weighs, compressed
  ./lornu image run                      the agent as the task runs it: read-only, nobody's user, /tmp only
  ./lornu image scan                     the Dockerfile checked, and a bill of materials

Where the base images can't be pulled, stand-ins are made and the result says so: fit for tests, never to be pushed.
`;

interface BuildFlags {
  platform?: string;
  engine?: EngineKind;
  standIns?: boolean;
  cache?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command.addHelpText('after', HELP);

  withBuildFlags(command.command('build').summary('build the images').description('Builds the images.'))
    .option('--no-cache', 'build every layer anew')
    .action(async (target: Target | undefined, flags: BuildFlags) => {
      const { images } = await build(target, flags, context);
      if (flags.json) context.stdout(`${JSON.stringify(images, null, 2)}\n`);
      for (const { image, standIns } of flags.json ? [] : images) {
        context.stdout(
          `${image}${Object.keys(standIns).length > 0 ? '  (on stand-in bases: never push it)' : ''}\n`,
        );
      }
      finish(EXIT.ok);
    });

  withBuildFlags(
    command
      .command('size')
      .summary('weigh the layers')
      .description('Builds what changed and weighs each layer.'),
  ).action(async (target: Target | undefined, flags: BuildFlags) => {
    const { engine, images } = await build(target, flags, context);
    const sizes = [];
    for (const built of images) sizes.push({ ...built, ...(await measureImage(engine, built.image)) });
    if (flags.json) context.stdout(`${JSON.stringify(sizes, null, 2)}\n`);
    for (const size of flags.json ? [] : sizes) {
      context.stdout(`${size.image}: ${mb(size.compressedBytes)} compressed, ${mb(size.bytes)} unpacked\n`);
      for (const layer of size.layers) {
        context.stdout(
          `  ${mb(layer.compressedBytes).padStart(9)}  ${layer.digest.slice(7, 19)}  ${layer.made}\n`,
        );
      }
    }
    finish(EXIT.ok);
  });
}

function withBuildFlags(command: Command): Command {
  return command
    .addArgument(new Argument('[target]', 'which image; both when left out').choices(TARGETS))
    .option('--platform <os/arch>', 'as in linux/arm64; this machine when left out')
    .addOption(new Option('--engine <name>', 'which builder').choices(['podman', 'docker', 'buildah']))
    .option('--stand-ins', 'use stand-in bases without asking a registry')
    .option('--json', 'print the result as JSON');
}

async function build(target: Target | undefined, flags: BuildFlags, context: CliContext) {
  const reporter = createReporter(context);
  try {
    const { platform, engine, standIns } = flags;
    return await buildImages(
      { targets: target ? [target] : TARGETS, platform, engine, standIns, noCache: flags.cache === false },
      context,
      reporter.emit,
    );
  } finally {
    reporter.close();
  }
}

/** Megabytes as registries count them: 1,000,000 bytes. */
function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
