import { join } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import type { GateVerdict } from '@lornu/ops/delivery/manifest.ts';
import { assertPassed, runGate } from '@lornu/ops/eval/gate.ts';
import { writeOutputs } from '@lornu/ops/delivery/github/job.ts';
import { buildImages, TARGETS, type Target } from '@lornu/ops/image/build-image.ts';
import type { EngineKind } from '@lornu/ops/image/engine.ts';
import { measureImages, renderSizes } from '@lornu/ops/image/image-size.ts';
import { publishImage } from '@lornu/ops/image/publish-image.ts';
import { serveImage } from '@lornu/ops/image/serve-image.ts';
import { scanImages } from '@lornu/ops/image/scan-image.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { osAndArch, wholePort } from './values.ts';

const HELP = `
Examples:
  ./lornu image build                    both images with podman, docker or buildah
  ./lornu image build agent --json       one of them; the result for a program
  ./lornu image size                     what each layer weighs, compressed
  ./lornu image run                      the agent as the task runs it: read-only, nobody's user, /tmp only
  ./lornu image scan                     the Dockerfile checked, and bills of materials
  ./lornu image publish --sign           what the workflow does: build, list, judge, push, sign

What is published without --sign takes the commit's tag for good, and ./lornu apply refuses it: publish by the workflow.
Where the base images can't be pulled, stand-ins are made and the result says so: fit for tests, never to be pushed.
Layers of earlier builds stay as a cache; "podman image prune" removes those that nothing uses.
`;

interface BuildFlags {
  platform?: string;
  engine?: EngineKind;
  standIns?: boolean;
  /** commander's form of --no-cache. */
  cache?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command.addHelpText('after', HELP);
  const print = (value: unknown): void => context.stdout(`${JSON.stringify(value, null, 2)}\n`);

  withBuildFlags(command, 'build', 'build the images')
    .option('--no-cache', 'rebuild every layer')
    .action(async (target: Target | undefined, flags: BuildFlags) => {
      const { images } = await build(target, flags, context);
      if (flags.json) return print(images);
      for (const { image, standIns } of images) {
        const warning = Object.keys(standIns).length > 0 ? '  (on stand-in bases: never push it)' : '';
        context.stdout(`${image}${warning}\n`);
      }
    });

  withBuildFlags(command, 'size', 'build what changed and weigh each layer').action(
    async (target: Target | undefined, flags: BuildFlags) => {
      const sizes = await measureImages(await build(target, flags, context), context.root);
      if (flags.json) print(sizes);
      else context.stdout(renderSizes(sizes));
    },
  );

  withBuildFlags(command, 'run', 'build what changed and run it as the task definition does')
    .addOption(new Option('--port <number>', 'port, 0 for a free one').argParser(wholePort).default(8080))
    .action(async (target: Target | undefined, flags: BuildFlags & { port: number }) => {
      await serveImage(await build(target ?? 'agent', flags, context), flags, context);
    });

  command
    .command('publish')
    .description("build staging's image from a clean commit, list what is in it, push it by digest")
    .option('--sign', 'sign it with the identity of the job (cosign, keyless)')
    .option('--json', 'print the result as JSON')
    .action(async ({ sign = false, json }: { sign?: boolean; json?: boolean }) => {
      const reporter = createReporter(context);
      let verdict: GateVerdict | undefined;
      const gate = async (candidate: string): Promise<void> => {
        const agentsDir = join(context.root, 'agents');
        verdict = await runGate({ image: candidate, agentsDir }, context, (text) =>
          reporter.emit({ kind: 'note', text }),
        );
        assertPassed(verdict, 'Nothing was published.');
      };
      const image = await publishImage({ sign, gate }, context, reporter.emit).finally(reporter.close);
      const { repository, digest, revision } = image;
      // Empty for an image that was there already: it was judged before it was pushed.
      const judged = verdict ? JSON.stringify(verdict) : '';
      await writeOutputs(context.env, { repository, digest, revision, gate: judged });
      if (json) print(image);
      else
        context.stdout(
          sign
            ? `${repository}@${digest}\nNext: ./lornu plan --for deploy --revision ${revision} --image-digest ${digest}\n`
            : `${repository}@${digest}\nIt is not signed: ./lornu apply refuses it. The workflow with action deploy signs what it publishes.\n`,
        );
    });

  command
    .command('scan')
    .description(
      'check the Dockerfile with hadolint and write CycloneDX bills of materials from the lock files',
    )
    .option('--json', 'print the result as JSON')
    .action(async (flags: { json?: boolean }) => {
      const reporter = createReporter(context);
      const result = await scanImages(context, reporter.emit).finally(reporter.close);
      if (flags.json) print(result);
      else {
        for (const finding of result.dockerfile) context.stdout(`${finding}\n`);
        for (const bill of result.bills)
          context.stdout(`${bill.target}: ${bill.components} components in ${bill.path}\n`);
      }
      finish(result.dockerfile.length > 0 ? EXIT.failed : EXIT.ok);
    });
}

function withBuildFlags(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .addArgument(new Argument('[target]', 'the image; default: both').choices(TARGETS))
    .option('--platform <os/arch>', 'for example linux/arm64; default: this machine', osAndArch)
    .addOption(new Option('--engine <name>', 'the builder').choices(['podman', 'docker', 'buildah']))
    .option('--stand-ins', 'use stand-in base images and contact no registry')
    .option('--json', 'print the result as JSON');
}

async function build(target: Target | undefined, flags: BuildFlags, context: CliContext) {
  const reporter = createReporter(context);
  const { platform, engine, standIns } = flags;
  return buildImages(
    { targets: target ? [target] : TARGETS, platform, engine, standIns, noCache: flags.cache === false },
    context,
    reporter.emit,
  ).finally(reporter.close);
}
