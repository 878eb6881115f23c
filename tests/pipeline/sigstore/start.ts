import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startChild, type Child } from '@lornu/ops/process/child.ts';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { whoListens } from '@lornu/ops/process/port-holder.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import { ISSUER, type IdTokens } from '@lornu/standins/github/id-token.ts';
import { OTHER_ISSUER } from './forgeries.ts';
import { serveIssuers } from './issuers.ts';
import { makeTrustRoot } from './trust-root.ts';
import { findTool, type FindContext } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';

const START_MS = 60_000;
/** timestamp-server always serves its metrics on this port; it has no option for another one. */
const METRICS_PORT = 2112;
/** The host name of the log. The log signs with this name, and cosign identifies the log by it. */
const LOG = '127.0.0.1';
/**
 * As in Sigstore's own settings of GitHub's issuer:
 * https://github.com/sigstore/fulcio/blob/v1.8.8/config/identity/config.yaml
 */
const GITHUB_JOBS = {
  'default-template-values': { url: 'https://github.com' },
  'extension-templates': {
    'github-workflow-trigger': 'event_name',
    'github-workflow-sha': 'sha',
    'github-workflow-repository': 'repository',
    'github-workflow-ref': 'ref',
    'build-signer-uri': '{{ .url }}/{{ .job_workflow_ref }}',
    'build-signer-digest': 'job_workflow_sha',
    'runner-environment': 'runner_environment',
    'source-repository-uri': '{{ .url }}/{{ .repository }}',
    'source-repository-digest': 'sha',
    'source-repository-ref': 'ref',
    'source-repository-identifier': 'repository_id',
    'build-config-uri': '{{ .url }}/{{ .workflow_ref }}',
    'build-trigger': 'event_name',
    'run-invocation-uri':
      '{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}',
  },
  'subject-alternative-name-template': '{{ .url }}/{{ .job_workflow_ref }}',
};

/** Sigstore on loopback: a certificate authority, a certificate log, a signature log and a timestamp server. */
export interface Sigstore {
  /** The environment with which cosign signs at this Sigstore, and trusts only its signatures. */
  env: Readonly<Record<string, string>>;
  timestamps: Timestamps;
  stop: () => Promise<void>;
}

interface Timestamps {
  url: string;
  /** The file with the authority's certificates. */
  chain: string;
}

/**
 * Starts Sigstore's real programs with new keys. As with Sigstore, cosign gets their addresses and keys from a TUF
 * repository. The authority trusts the job tokens that `tokens` signs. A second Sigstore must use the timestamp server
 * of the first (`given`), because that server also needs a fixed port (METRICS_PORT). Throws if that port is taken.
 */
export async function startSigstore(
  programs: SigstorePrograms,
  tokens: IdTokens,
  folder: string,
  given?: Timestamps,
): Promise<Sigstore> {
  const holder = given ? undefined : await whoListens(METRICS_PORT);
  if (holder)
    throw new Error(
      `Port ${METRICS_PORT} is taken by ${holder}. timestamp-server needs this port for its metrics and has no option for another one. End that process, then run the suite again.`,
    );
  await mkdir(folder, { recursive: true });
  const children: Child[] = [];
  const start = async (
    name: string,
    command: readonly string[],
    options: Options,
    env: Record<string, string> = {},
  ) => {
    const child = await startChild({
      name,
      command: endingWithParent([...command, ...flagsOf(options)]),
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
      logPath: join(folder, `${name}.log`),
      redact: (text) => text,
      stopWithinMs: 5_000,
    });
    children.push(child);
    return child;
  };
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const [authority, logOfCertificates, log] = await Promise.all([0, 0, 0].map(claimPort0));
  const url = (port = 0): string => `http://127.0.0.1:${port}`;
  const issuers = await serveIssuers(
    {
      [new URL(ISSUER).host]: async () => tokens.documents(),
      [new URL(OTHER_ISSUER).host]: async () => tokens.documents(OTHER_ISSUER),
    },
    folder,
  );

  const certificateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificateLogKey = await file('ct.pub', pemOf(certificateKey.publicKey));
  const fulcio = await start(
    'fulcio',
    [programs.fulcio, 'serve'],
    {
      ca: 'ephemeralca',
      host: '127.0.0.1',
      port: authority,
      'grpc-host': '127.0.0.1',
      'grpc-port': await claimPort0(),
      'metrics-port': await claimPort0(),
      'legacy-unix-domain-socket': join(folder, 'fulcio.sock'),
      'ct-log-url': url(logOfCertificates),
      'ct-log-public-key-path': certificateLogKey,
      'config-path': await file('fulcio.yaml', stringify(authorityConfig())),
    },
    issuers.env,
  );
  const { chains } = (await answerOf(`${url(authority)}/api/v2/trustBundle`, fulcio).then((answer) =>
    answer.json(),
  )) as { chains: { certificates: string[] }[] };
  const authorityChain = await file('fulcio.pem', (chains[0]?.certificates ?? []).join('\n'));

  const ct = await start('tesseract', [programs.tesseract], {
    http_endpoint: `127.0.0.1:${logOfCertificates}`,
    origin: 'ct.lornu.example',
    roots_pem_file: authorityChain,
    storage_dir: join(folder, 'ct'),
    private_key: await file('ct.key', pemOf(certificateKey.privateKey)),
    checkpoint_interval: '200ms',
    batch_max_age: '100ms',
  });
  const startTimestamps = async (): Promise<Timestamps> => {
    const port = await claimPort0();
    const server = await start('timestamp-server', [programs['timestamp-server'], 'serve'], {
      host: '127.0.0.1',
      port,
      'timestamp-signer': 'memory',
      'disable-ntp-monitoring': 'true',
    });
    const answer = await answerOf(`${url(port)}/api/v1/timestamp/certchain`, server);
    return { url: `${url(port)}/api/v1/timestamp`, chain: await file('tsa.pem', await answer.text()) };
  };
  const timestamps = given ?? (await startTimestamps());
  const logKey = generateKeyPairSync('ed25519');
  const rekor = await start('rekor-server', [programs['rekor-server'], 'serve'], {
    'http-port': log,
    'grpc-port': await claimPort0(),
    'http-metrics-port': await claimPort0(),
    hostname: LOG,
    'storage-dir': join(folder, 'rekor'),
    'signer-filepath': await file('rekor.key', pemOf(logKey.privateKey)),
    'checkpoint-interval': '200ms',
    'batch-max-age': '100ms',
  });
  await answerOf(`${url(log)}/healthz`, rekor);
  await answerOf(`${url(logOfCertificates)}/ct/v1/get-roots`, ct);

  const since = `start-time=${new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '')}`;
  const logPublicKey = await file('rekor.pub', pemOf(logKey.publicKey));
  const trust = join(folder, 'tuf');
  const cosign = async (words: readonly string[], options: Options) =>
    runCommand([programs.cosign, ...words, ...flagsOf(options)], {
      env: { PATH: process.env['PATH'], HOME: folder, TUF_ROOT: trust },
    });
  const trustedRoot = join(folder, 'trusted_root.json');
  await cosign(['trusted-root', 'create'], {
    out: trustedRoot,
    fulcio: `url=${url(authority)},certificate-chain=${authorityChain},${since}`,
    ctfe: `url=${url(logOfCertificates)},public-key=${certificateLogKey},${since}`,
    rekor: `url=${url(log)},public-key=${logPublicKey},origin=${LOG},${since}`,
    tsa: `url=${timestamps.url},certificate-chain=${timestamps.chain},${since}`,
  });
  const by = `operator=lornu.example,${since}`;
  const signingConfig = join(folder, 'signing_config.json');
  await cosign(['signing-config', 'create'], {
    out: signingConfig,
    fulcio: `url=${url(authority)},api-version=1,${by}`,
    rekor: `url=${url(log)},api-version=2,${by}`,
    'rekor-config': 'ANY',
    tsa: `url=${timestamps.url},api-version=1,${by}`,
    'tsa-config': 'ANY',
  });
  const files = makeTrustRoot({
    'trusted_root.json': await readFile(trustedRoot),
    'signing_config.v0.2.json': await readFile(signingConfig),
  });
  const mirror = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      const found = files[new URL(request.url).pathname];
      return found ? new Response(new Uint8Array(found)) : new Response(null, { status: 404 });
    },
  });
  const root = await file('root.json', files['/1.root.json']?.toString() ?? '');
  const initialised = await cosign(['initialize'], { mirror: url(mirror.port), root });
  // cosign only warns about files that it could not fetch.
  if (/Could not fetch/.test(initialised.tail.join('\n'))) throw new Error(initialised.tail.join('\n'));
  return {
    env: { TUF_ROOT: trust },
    timestamps,
    stop: async () => {
      await Promise.all(children.map(async (child) => child.stop()));
      await mirror.stop(true);
      await issuers.stop();
    },
  };
}

type Options = Readonly<Record<string, string | number | undefined>>;

function flagsOf(options: Options): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

async function claimPort0(): Promise<number> {
  return claimPort(0);
}

function authorityConfig(): object {
  const issuer = (address: string): object => ({
    'issuer-url': address,
    'client-id': 'sigstore',
    type: 'ci-provider',
    'ci-provider': 'github-workflow',
  });
  return {
    'oidc-issuers': { [ISSUER]: issuer(ISSUER), [OTHER_ISSUER]: issuer(OTHER_ISSUER) },
    'ci-issuer-metadata': { 'github-workflow': GITHUB_JOBS },
  };
}

function pemOf(key: KeyObject): string {
  if (key.type === 'public') return key.export({ format: 'pem', type: 'spki' });
  const type = key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8';
  return key.export({ format: 'pem', type });
}

/** Waits for the first response of a starting program. If it ends before, throws with its last lines. */
async function answerOf(url: string, child: Child): Promise<Response> {
  const state: { ended?: string } = {};
  void child.ended.then((how) => (state.ended = how));
  const deadline = Date.now() + START_MS;
  while (state.ended === undefined && Date.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return answer;
    await Bun.sleep(50);
  }
  throw new Error(`${child.name} ${state.ended ?? 'does not answer'} at ${url}\n${child.tail.join('\n')}`);
}

const NAMES = ['cosign', 'fulcio', 'rekor-server', 'timestamp-server', 'tesseract'] as const;

/** The paths of Sigstore's programs. */
export type SigstorePrograms = Readonly<Record<(typeof NAMES)[number], string>>;

/** All programs, if they are built in this checkout. `./lornu test signatures` builds them in some minutes. */
export async function findSigstore(context: FindContext): Promise<SigstorePrograms | undefined> {
  const found = await Promise.all(NAMES.map(async (name) => findTool(TOOLS[name], context)));
  return found.every((tool) => tool !== undefined)
    ? (Object.fromEntries(NAMES.map((name, index) => [name, found[index]?.path ?? ''])) as SigstorePrograms)
    : undefined;
}
