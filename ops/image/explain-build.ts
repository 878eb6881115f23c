import { CliError, EXIT } from '../base/cli-error.ts';
import { describeEnd, type CommandResult } from '../process/run-command.ts';

const REASONS: { pattern: RegExp; why: string; next: string }[] = [
  {
    pattern: /lockfile had changes|lockfile is frozen|needs to be updated|Unable to find lockfile/i,
    why: 'A lock file does not match its manifest.',
    next: 'Run "bun install" (or "uv lock" in gcp-agent/), commit the lock file, then build again.',
  },
  {
    pattern: /no space left on device|ENOSPC/i,
    why: 'The disk is full.',
    next: 'Free some space ("podman system prune" removes unused images), then build again.',
  },
  {
    pattern: /exec format error|no image found in .* for architecture/i,
    why: "A base image is for another processor architecture than this machine's.",
    next: 'Leave --platform out, or install qemu-user-static to build for other architectures.',
  },
  {
    pattern:
      /no such host|DNSResolveFailed|ConnectionRefused|dial tcp|Temporary failure in name resolution|dns error/i,
    why: 'A registry cannot be reached during the build.',
    next: 'Check the network and the proxy settings, then build again.',
  },
];

/** Explains a failed build: usual causes are recognised in the builder's output, else its last lines are shown. */
export function explainBuild(target: string, result: CommandResult, root: string): CliError {
  const said = result.tail.join('\n');
  const known = REASONS.find(({ pattern }) => pattern.test(said));
  return new CliError({
    what: `The image ${target} can't be built.`,
    why: known?.why ?? `The builder ${describeEnd(result)}.`,
    next:
      known?.next ??
      `Fix what the lines above report in ${root}/Dockerfile or the sources, then build again.`,
    exitCode: known ? EXIT.machine : EXIT.failed,
    output: result.tail,
  });
}
