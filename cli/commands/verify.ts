import { ECS } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Option, type Command } from 'commander';
import { readGiven } from './options.ts';
import { commitDigits, hostAndPort, serverUrl, wholeNumber } from './values.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { renderVerification } from '@lornu/ops/verify/render-verification.ts';
import type { Address } from '@lornu/ops/verify/target.ts';
import { verify } from '@lornu/ops/verify/verify.ts';

const HELP = `
Examples:
  ./lornu verify https://aws-staging.lornu.ai --token-file token    what is deployed, from the outside and the inside
  ./lornu verify https://aws-staging.lornu.ai --token-file token --wait 130   waits out the idle timeout too
  ./lornu verify https://aws-staging.lornu.ai --revision 1a2b3c4 --json       what is served is that revision

The token is a machine's that may act for users (service_emails in terraform/aws/staging), for example
  gcloud auth print-identity-token --audiences=URL --include-email --impersonate-service-account=EMAIL > token
LORNU_VERIFY_TOKEN does too. It is never an argument: those stand in the process list.
The AWS account is looked at with the credentials and the region of the AWS SDK (AWS_PROFILE, AWS_REGION, ...) where
there are any. One check starts a task there for some seconds, another one leaves a stream silent; sessions that the
checks make are deleted again.

ok holds, NO does not, -- was not looked at (absent) or is not part of what is served (not offered).
Exit codes: 0 nothing failed, 1 a check failed, 2 usage, 3 something is missing on this machine.
`;

/** Variables with AWS credentials. Without any of them, this machine is not expected to access the account. */
const CREDENTIALS = /^AWS_(ACCESS_KEY_ID|PROFILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_)/;
/** Longer than the service's ping interval (15 s), and short enough for every deploy. */
const WAIT_S = 20;

interface Flags {
  tokenFile?: string;
  ca?: string;
  connect?: Address;
  connectHttp?: Address;
  app: string;
  cluster: string;
  service: string;
  aws: boolean;
  revision?: string;
  wait: number;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument(
      '<url>',
      'the public address of the environment (output url of terraform/aws/staging)',
      serverUrl,
    )
    .option('--token-file <file>', "a machine's token; without it, checks that need one are left out")
    .option(
      '--revision <revision>',
      'the revision that must be served, if the account cannot be read',
      commitDigits,
    )
    .option(
      '--wait <seconds>',
      'how long a silent stream is watched',
      wholeNumber(1, 3600, 'of seconds'),
      WAIT_S,
    )
    .option('--app <name>', 'the agent to call', 'lornu')
    .option('--cluster <name>', 'ECS cluster', 'lornu-staging')
    .option('--service <name>', 'ECS service', 'agent')
    .option('--no-aws', 'do not read the account')
    .addOption(
      new Option('--ca <file>', 'PEM of the certificate authority, if the system does not know it').env(
        'LORNU_CA_FILE',
      ),
    )
    .addOption(
      new Option('--connect <host:port>', "connect there for HTTPS, as with curl's --connect-to")
        .argParser(hostAndPort)
        .env('LORNU_CONNECT_TO'),
    )
    .addOption(
      new Option('--connect-http <host:port>', 'connect there for plain HTTP')
        .argParser(hostAndPort)
        .env('LORNU_CONNECT_HTTP_TO'),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (url: string, flags: Flags) => {
      const token = await readToken(flags.tokenFile, context.env);
      const authority = flags.ca === undefined ? undefined : await readGiven(flags.ca, '--ca');
      const { connect, connectHttp, cluster, service, revision } = flags;
      const hasAccount = flags.aws && Object.keys(context.env).some((name) => CREDENTIALS.test(name));
      const reporter = createReporter(context);
      try {
        const verification = await verify(
          {
            target: {
              url: new URL(url),
              appName: flags.app,
              signal: context.signal,
              ...(connect
                ? { connect: { https: connect, ...(connectHttp ? { http: connectHttp } : {}) } }
                : {}),
              ...(authority === undefined ? {} : { authority }),
              ...(token === undefined ? {} : { token }),
            },
            ...(hasAccount
              ? {
                  account: {
                    ecs: new ECS(),
                    elb: new ElasticLoadBalancingV2(),
                    cluster,
                    service,
                  },
                }
              : {}),
            ...(revision === undefined ? {} : { revision }),
            waitS: flags.wait,
          },
          reporter.emit,
        );
        context.stdout(
          flags.json ? `${JSON.stringify(verification, null, 2)}\n` : `\n${renderVerification(verification)}`,
        );
        finish(verification.holds ? EXIT.ok : EXIT.failed);
      } finally {
        reporter.close();
      }
    });
}

async function readToken(path: string | undefined, env: CliContext['env']): Promise<string | undefined> {
  const text = path === undefined ? env['LORNU_VERIFY_TOKEN'] : await readGiven(path, '--token-file');
  const token = text?.trim();
  if (!token) return undefined;
  if (/^[\w.-]+$/.test(token)) return token;
  throw new CliError({
    what: 'This is not a token.',
    why: 'A JSON Web Token is three words of letters, digits, - and _ with dots between them; this one has other characters.',
    next: 'Write nothing but the token into the file, for example with gcloud auth print-identity-token (see --help).',
    exitCode: EXIT.usage,
  });
}
