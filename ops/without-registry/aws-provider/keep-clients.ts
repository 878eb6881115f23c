const CLIENT_FUNCTION = /^func \(c \*AWSClient\) (\w+)\([\s\S]*?^}\n/gm;
const SDK_IMPORT = /^\s+(?:(\w+) )?"github\.com\/aws\/aws-sdk-go-v2\/service\/(\w+)"$/;

/** Names of the AWS SDK clients that a Go file of the provider asks for, as in `meta.EC2Client(ctx)`. */
export function clientsCalled(source: string): string[] {
  return [...source.matchAll(/\.(\w+Client)\(ctx/g)].map((match) => match[1] ?? '');
}

/** The generated file of SDK clients with only those that are called: each of the others links a whole SDK. */
export function keepClients(source: string, called: ReadonlySet<string>): string {
  const functions = [...source.matchAll(CLIENT_FUNCTION)].filter((match) => called.has(match[1] ?? ''));
  const body = functions.map((match) => match[0]).join('\n');
  const head = source.slice(0, source.search(/^func \(c \*AWSClient\) /m));
  const kept = head.split('\n').filter((line) => {
    const sdk = SDK_IMPORT.exec(line);
    return !sdk || new RegExp(`\\b${sdk[1] ?? sdk[2]}\\.Client\\b`).test(body);
  });
  return `${kept.join('\n')}${body}`;
}
