import { createServer } from 'node:net';
import { CliError, EXIT } from '../base/cli-error.ts';
import { whoListens } from '../process/port-holder.ts';

/** Free ports already handed out: their servers may not listen yet, and the kernel may offer one twice. */
const given = new Set<number>();

/**
 * The port itself if it is free, or a free one for 0; otherwise throws an error that names the process that holds it
 * and how to choose another port.
 */
export async function claimPort(port: number, command = './lornu up'): Promise<number> {
  const server = createServer();
  try {
    const claimed = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
      });
    });
    if (port !== 0) return claimed;
    if (given.has(claimed)) return await claimPort(0, command);
    given.add(claimed);
    return claimed;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const holder = code === 'EADDRINUSE' ? await whoListens(port) : undefined;
    throw new CliError({
      what: `Port ${port} can't be used.`,
      why:
        code === 'EACCES'
          ? 'Ports below 1024 need administrator rights here.'
          : `It is taken by ${holder ?? 'another process'}.`,
      next: `${command} --port 0 takes a free port; --port N takes N.`,
      exitCode: EXIT.machine,
      cause,
    });
  }
}
