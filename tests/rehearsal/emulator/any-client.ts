import { join } from 'node:path';

/** Access key, secret and session token. */
export type Key = readonly [string, string, string | null];

export interface AwsError {
  code: string;
  message: string;
  status: number;
}

/** Calls any operation of any service without a check of its own, so that what refuses is the other side. */
export interface AnyClient {
  /** Names as botocore has them: call('ec2:CreateVpc', {...}). Throws what was refused as an AwsRefusal. */
  call: (name: string, params?: object, key?: Key) => Promise<Record<string, unknown>>;
  stop: () => void;
}

export class AwsRefusal extends Error {
  readonly error: AwsError;

  constructor(name: string, error: AwsError) {
    super(`${name}: ${error.code}: ${error.message}`);
    this.error = error;
  }
}

/** A client in the emulator's own Python, which brings AWS's service models. */
export function startAnyClient(python: string, url: string): AnyClient {
  const child = Bun.spawn([python, join(import.meta.dir, 'any-client.py'), url], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    env: { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const lines = linesOf(child.stdout);
  let before: Promise<unknown> = Promise.resolve();
  const ask = async (
    name: string,
    params: object,
    key: Key | undefined,
  ): Promise<Record<string, unknown>> => {
    const [service, operation] = name.split(':');
    void child.stdin.write(`${JSON.stringify({ service, operation, params, key })}\n`);
    await child.stdin.flush();
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`the client ended at ${name}`);
    const answer = JSON.parse(value) as { result?: Record<string, unknown>; error?: AwsError };
    if (answer.error) throw new AwsRefusal(name, answer.error);
    return answer.result ?? {};
  };
  return {
    call: async (name, params = {}, key) => {
      // One at a time: answers carry no number.
      const asked = before.then(async () => ask(name, params, key));
      before = asked.catch(() => undefined);
      return asked;
    },
    stop: () => child.kill(),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  return undefined;
}
