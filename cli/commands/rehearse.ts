import { Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { apply, type ApplyResult } from '@lornu/rehearsal/run/apply.ts';
import { checkPlan, describeDifference } from '@lornu/rehearsal/run/check-plan.ts';
import { destroy } from '@lornu/rehearsal/run/destroy.ts';
import { requireStanding } from '@lornu/rehearsal/run/standing.ts';
import { toVariableArguments } from '@lornu/rehearsal/run/workspace.ts';
import type { TaskForm } from '@lornu/rehearsal/serve/images.ts';
import { serve, type ServeOptions } from '@lornu/rehearsal/serve/serve.ts';
import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { describeEvent } from '@lornu/rehearsal/tasks/task-event.ts';
import { REHEARSAL_PACE } from '@lornu/rehearsal/tasks/pace.ts';
import { PROVIDER_CHOICES, type ProviderChoice } from '@lornu/rehearsal/terraform/choose-provider.ts';
import { untilAborted } from '@lornu/ops/process/until-aborted.ts';
import { besideRehearsal, DATA_DIR_OPTION, inRehearsal, tasksOption } from './options.ts';
import { assignment, collectEach, existingFile, wholeNumber, wholePort } from './values.ts';
import { defineBreak } from './rehearse-break.ts';
import { defineParts, defineWhole } from './rehearse-whole.ts';
import { runStep } from '@lornu/ops/steps/run-steps.ts';

const HELP = `
Examples:
  ./lornu rehearse                                    all of it, one part after the other, with a report
  ./lornu rehearse --peer                             with the agent on Google Cloud, asked over A2A
  ./lornu rehearse apply                              the exact files of terraform/aws, by the real provider
  ./lornu rehearse apply --var agent_runtime=fastapi  with another value of a variable
  ./lornu rehearse serve                              makes it answer: tasks, load balancer, stand-ins for Google
  ./lornu rehearse serve --tasks image                the same with tasks in containers of the image itself (podman)
  ./lornu rehearse plan                               what differs from what was applied, also by hand
  ./lornu rehearse destroy                            back to nothing

No cloud account is needed and none is reached: AWS is an emulator on loopback (moto with extensions, see
docs/rehearsal.md). apply leaves it running with the copies of the files in .lornu/rehearsal/; destroy ends it.
serve runs the service as it was applied until Ctrl-C; while it does, another apply is rolled out as ECS would.

A task is a process of this machine with the image's command, which starts at once. With --tasks image the image is
built from the Dockerfile (a minute and more where nothing of it is cached) and tasks are containers of it: read-only
root, user, capabilities, /tmp and memory limit as the task definition says. It needs podman; every output names which.
`;

/** After a killed command or a reboot. */
const KILLED = 'Its emulator was gone already, and the account with it; what lay on disk is removed.';

interface ServeFlags {
  port: number;
  pace: number;
  peer?: boolean;
  tasks: TaskForm;
  dataDir: string;
  json?: boolean;
}

interface ApplyFlags {
  dataDir: string;
  var: string[];
  varFile: string[];
  provider: ProviderChoice;
  port: number;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command.addHelpText('after', HELP);
  defineWhole(command, context, finish);
  defineParts(command, context, finish);
  defineBreak(command, context, finish);
  command
    .command('apply')
    .description('apply terraform/aws to an emulated account, plan again, compute what can reach what')
    .option(
      '--var <name=value>',
      'a value for a variable of terraform/aws/staging; repeatable',
      collectEach(assignment),
      [],
    )
    .option('--var-file <file>', 'a file of such values; repeatable', collectEach(existingFile), [])
    .addOption(
      new Option('--provider <which>', 'source of the AWS provider')
        .choices(PROVIDER_CHOICES)
        .default('auto'),
    )
    .option('--port <number>', "the emulator's port, 0 for a free one", wholePort, 0)
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .action(async (flags: ApplyFlags) => {
      const { provider, port, json, dataDir } = flags;
      const variableArguments = toVariableArguments(flags);
      const result = await inRehearsal(dataDir, context, (rehearsal) =>
        apply({ provider, port, variableArguments }, rehearsal),
      );
      context.stdout(json ? toJson(publicPart(result)) : renderApplied(result));
    });
  command
    .command('plan')
    .description('compare the account with what was applied; exit code 1 if they differ')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .action(async ({ json, dataDir }: { json?: boolean; dataDir: string }) => {
      const differences = await inRehearsal(dataDir, context, async (rehearsal) => {
        const standing = await requireStanding(rehearsal);
        const found: Awaited<ReturnType<typeof checkPlan>> = [];
        const step = {
          id: 'plan',
          title: 'Plan every stack',
          run: async (io: { line: (line: string) => void }) => {
            found.push(...(await checkPlan(standing, io)));
            return found.length === 0 ? 'nothing differs' : `${found.length} differ`;
          },
        };
        await runStep(step, rehearsal.emit);
        return found;
      });
      if (json) context.stdout(toJson({ differences }));
      else if (differences.length === 0) context.stdout('Nothing differs from what was applied.\n');
      else context.stdout(`${differences.map(describeDifference).join('\n')}\n`);
      finish(differences.length > 0 ? EXIT.failed : EXIT.ok);
    });
  command
    .command('serve')
    .description('run the applied service behind its load balancer, with stand-ins for Google, until Ctrl-C')
    .option('--port <number>', 'local port of the HTTPS listener, 0 for a free one', wholePort, 0)
    .option(
      '--pace <factor>',
      "by how much AWS's intervals are shortened; 1 for AWS's own",
      wholeNumber(1, 999),
      REHEARSAL_PACE,
    )
    .option('--peer', "run the FastAPI/ADK agent beside it, as the service's peer on Google Cloud")
    .addOption(tasksOption())
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print its address, then one event per line, as JSON')
    .action(async ({ port, pace, peer = false, tasks, json, dataDir }: ServeFlags) => {
      await besideRehearsal(dataDir, context, async (rehearsal) => {
        const standing = await requireStanding(rehearsal);
        const options: ServeOptions = { pace, peer, tasks, ports: port === 0 ? {} : { 443: port } };
        const served = await serve(standing, options, { ...rehearsal, redact: context.redact });
        try {
          context.stdout(json ? `${JSON.stringify(servedPart(served))}\n` : renderServed(served));
          served.onEvent((event) =>
            context.stdout(json ? `${JSON.stringify(event)}\n` : `${describeEvent(event)}\n`),
          );
          await Promise.race([untilAborted(context.signal), served.failed]);
        } finally {
          await served.stop();
        }
      });
    });
  command
    .command('destroy')
    .description('destroy what was applied, check that nothing is left, stop the emulator')
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .action(async ({ json, dataDir }: { json?: boolean; dataDir: string }) => {
      const result = await inRehearsal(dataDir, context, destroy);
      if (json) context.stdout(toJson(result));
      else if (!result.stood) context.stdout('Nothing stood here.\n');
      else if (result.resources === 0) context.stdout(`${KILLED}\n`);
      else context.stdout(`Destroyed ${result.resources} resources; nothing is left, running or on disk.\n`);
    });
}

function publicPart(result: ApplyResult): object {
  const { emulatorUrl, provider, stacks, statements, picturePath } = result;
  return { emulatorUrl, provider, stacks, secondPlan: 'empty', statements, picturePath };
}

function servedPart(served: ServedRehearsal): object {
  const { url, publicUrl, ports, caFile, standIns, addedVariables, runs, peerUrl, tasks } = served;
  return { url, publicUrl, ports, caFile, runs, peerUrl, standIns, addedVariables, tasks: tasks() };
}

function renderServed(served: ServedRehearsal): string {
  const { url, publicUrl, caFile, standIns, addedVariables, runs, peerUrl } = served;
  const host = new URL(publicUrl).host;
  const tasks = served.tasks().map(({ id, address, port }) => `  task ${id.slice(0, 8)}  ${address}:${port}`);
  const added = Object.entries(addedVariables).map(([name, why]) => `  ${name.padEnd(33)} ${why}`);
  return `
${publicUrl} answers at ${url}, a rehearsal on this machine
  curl --cacert ${caFile} --resolve ${host}:${new URL(url).port}:127.0.0.1 https://${host}:${new URL(url).port}/health

Runs (${runs})
${tasks.join('\n')}

Stand-ins
  Gemini         ${standIns.gemini}
  Firestore      ${standIns.firestoreHost}
  Cloud Storage  ${standIns.storage}
  Google's sign-in, tokens, federation  ${standIns.google}
  AWS            ${standIns.emulator}${peerUrl ? `\n  Peer           ${peerUrl} (gcp-agent)` : ''}

Added to what was applied, and nothing else
${added.join('\n')}

./lornu rehearse apply in another terminal changes it. Ctrl-C stops it; what was applied stays.
`;
}

function renderApplied(result: ApplyResult): string {
  const stacks = result.stacks.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
  const statements = result.statements.map(({ sentence, seen, through }) => {
    const way = through.length > 0 ? ` (${through.join(' > ')})` : '';
    return `  ${sentence}\n      ${seen}${way}`;
  });
  return `
Applied to ${result.emulatorUrl}, an emulator of AWS
  provider   ${result.provider.version}: ${result.provider.title}
${stacks.join('\n')}
  the second plan is empty

Who reaches whom
${statements.join('\n')}

Picture: ${result.picturePath}
Next: ./lornu rehearse serve, ./lornu rehearse plan, ./lornu rehearse destroy
`;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
