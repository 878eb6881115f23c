import type { ServedTask } from '../serve/served.ts';
import type { Stage } from '../scenarios/scenario.ts';

export interface TaskAnswer {
  status: number;
  body: string;
}

const ANSWER_MS = 10_000;

/**
 * Sends a request directly to a task, from the load balancer's place in the applied network, and returns its status and
 * body. Without a given task, it uses a healthy one. Rejects if there is no answer within 10 s.
 */
export async function askTask(
  { served }: Stage,
  path: string,
  token = '',
  task: Pick<ServedTask, 'address' | 'port'> | undefined = served.tasks().find(({ healthy }) => healthy),
): Promise<TaskAnswer> {
  if (!task || !served.vpc) throw new Error('no task is healthy in the applied network');
  const program = `
    const token = (await Bun.stdin.text()).trim();
    const headers = { host: ${JSON.stringify(new URL(served.publicUrl).host)} };
    if (token) headers.authorization = 'Bearer ' + token;
    const answer = await fetch('http://${task.address}:${task.port}${path}', { headers, signal: AbortSignal.timeout(${ANSWER_MS}) });
    console.log(JSON.stringify({ status: answer.status, body: await answer.text() }));`;
  const child = Bun.spawn(served.vpc.inside([process.execPath, '-e', program], 'load-balancer'), {
    stdin: new Blob([token]),
    stdout: 'pipe',
  });
  return JSON.parse(await new Response(child.stdout).text()) as TaskAnswer;
}
