import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { startChild, type Child } from '@lornu/ops/process/child.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { withSystemDirs } from '@lornu/ops/setup/network-namespaces.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';

export interface HaproxyRun {
  /** Its name in messages. */
  name: string;
  configPath: string;
  logName: string;
  /** Wraps the command, for example to run it in a namespace; it must end with this process. */
  enter: (command: readonly string[]) => string[];
  isReady: () => Promise<boolean>;
}

const START_MS = 15_000;

/** Checks a configuration with HAProxy, runs it, and waits until it is ready. */
export async function runHaproxy(
  { name, configPath, logName, enter, isReady }: HaproxyRun,
  context: StartContext,
): Promise<Child> {
  const env = { PATH: withSystemDirs(context.env['PATH']) };
  const program = Bun.which('haproxy', env);
  if (!program) {
    throw new CliError({
      what: 'HAProxy is missing.',
      why: "It plays AWS's load balancer, and there is no haproxy on PATH.",
      next: 'apt-get install haproxy, then run the same command again.',
      exitCode: EXIT.machine,
    });
  }
  const checked = await tryCommand(enter([program, '-c', '-q', '-f', configPath]), { env });
  if (checked.exitCode !== 0) {
    throw new CliError({
      what: `${name} refuses the configuration made from the applied environment.`,
      why: checked.tail.join(' '),
      next: 'Compare the lines that it names with rehearsal/load-balancer and rehearsal/network.',
      logPath: configPath,
      exitCode: EXIT.bug,
    });
  }
  const child = await startChild({
    name,
    command: enter([program, '-db', '-f', configPath]),
    cwd: context.dataDir,
    env,
    logPath: `${context.dataDir}/logs/${logName}.log`,
    redact: context.redact,
    stopWithinMs: 1_000,
  });
  const deadline = Date.now() + START_MS;
  while (!(await isReady())) {
    if (Date.now() > deadline) {
      await child.stop();
      throw new CliError({
        what: `${name} doesn't start.`,
        why: `Its socket did not answer within ${START_MS / 1000} s.`,
        next: 'Read the lines above, then run the same command again.',
        output: child.tail,
        logPath: child.logPath,
        exitCode: EXIT.machine,
      });
    }
    await Bun.sleep(20);
  }
  return child;
}
