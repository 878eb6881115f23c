import { fileURLToPath } from 'node:url';
import { BUN_SERVER_ENV } from '@lornu/standins/gemini/spawn.ts';
import { type Job, RESULT, type Result } from './job.ts';

/** Runs the load client as a process and returns its results. */
export async function runLoad(job: Job): Promise<Result> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = Bun.spawn([process.execPath, main, JSON.stringify(job)], {
    env: { PATH: process.env['PATH'] ?? '', ...BUN_SERVER_ENV },
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`The load client ended with exit code ${child.exitCode}.`);
  return RESULT.parse(JSON.parse(text));
}
