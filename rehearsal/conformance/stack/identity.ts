import type { Clients } from '../clients.ts';
import type { Ledger } from './ledger.ts';

/** Tasks read two of the secrets whole and by key. The third secret has no value. */
export interface ProbeSecrets {
  json: string;
  plain: string;
  empty: string;
}

export interface Certificates {
  /** The certificate authority of the server's certificate. */
  authority: string;
  /** Certificate, then key. */
  server: string;
  peerAuthority: string;
  /** Certificate, then key. */
  peer: string;
}

const TASKS = 'ecs-tasks.amazonaws.com';

/** Creates the two roles of the probes: the execution role and the task role. */
export async function makeRoles(
  { iam }: Pick<Clients, 'iam'>,
  ledger: Ledger,
  name: string,
): Promise<{ execution: string; task: string }> {
  const role = async (what: string, actions: readonly string[]): Promise<string> => {
    const RoleName = `${name}-${what}`;
    const trust = { Effect: 'Allow', Principal: { Service: TASKS }, Action: 'sts:AssumeRole' };
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: document([trust]) });
    await ledger.add('role', RoleName);
    await iam.putRolePolicy({
      RoleName,
      PolicyName: 'probe',
      PolicyDocument: document([{ Effect: 'Allow', Action: actions, Resource: '*' }]),
    });
    return Role?.Arn ?? '';
  };
  return {
    execution: await role('execution', [
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:GetSecretValue',
    ]),
    task: await role('task', ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection']),
  };
}

function document(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export async function makeSecrets(
  { secrets }: Pick<Clients, 'secrets'>,
  ledger: Ledger,
  name: string,
): Promise<ProbeSecrets> {
  const make = async (what: string, SecretString?: string): Promise<string> => {
    const { ARN } = await secrets.createSecret({ Name: `${name}/${what}`, SecretString });
    return ledger.add('secret', ARN);
  };
  // Not real secrets: the checks only compare these values with what the container gets.
  return {
    json: await make('json', '{"id":"web","word":"first"}'),
    plain: await make('plain', 'plain first'),
    empty: await make('empty'),
  };
}

export async function makeLogGroup(
  { logs }: Pick<Clients, 'logs'>,
  ledger: Ledger,
  name: string,
): Promise<string> {
  await logs.createLogGroup({ logGroupName: name });
  return ledger.add('log-group', name);
}

/**
 * Creates the certificate of the TLS listeners, the trust store of the peers, and a bucket with the peers' authority
 * and the token issuer's key set. The load balancer fetches the key set from the internet, so that object is public.
 */
export async function makeTrust(
  clients: Pick<Clients, 'acm' | 'elb' | 's3'>,
  ledger: Ledger,
  name: string,
  certificates: Certificates,
  keySet: string,
  region: string,
): Promise<{ certificateArn: string; trustStoreArn: string; jwksUrl: string }> {
  const { acm, elb, s3 } = clients;
  const [leaf = '', key = ''] = splitPem(certificates.server);
  const { CertificateArn } = await acm.importCertificate({
    Certificate: Buffer.from(leaf),
    PrivateKey: Buffer.from(key),
    CertificateChain: Buffer.from(certificates.authority),
  });
  const certificateArn = await ledger.add('certificate', CertificateArn);
  await s3.createBucket({
    Bucket: name,
    ...(region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }),
  });
  await ledger.add('bucket', name);
  const put = async (Key: string, Body: string): Promise<void> => {
    await s3.putObject({ Bucket: name, Key, Body, ContentType: 'application/json' });
    await ledger.add('object', Key, name);
  };
  await put('peers.pem', certificates.peerAuthority);
  await put('jwks.json', keySet);
  await s3.deletePublicAccessBlock({ Bucket: name });
  await s3.putBucketPolicy({
    Bucket: name,
    Policy: document([
      {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${name}/jwks.json`,
      },
    ]),
  });
  const { TrustStores } = await elb.createTrustStore({
    Name: name,
    CaCertificatesBundleS3Bucket: name,
    CaCertificatesBundleS3Key: 'peers.pem',
  });
  const trustStoreArn = await ledger.add('trust-store', TrustStores?.[0]?.TrustStoreArn);
  return { certificateArn, trustStoreArn, jwksUrl: `https://${name}.s3.${region}.amazonaws.com/jwks.json` };
}

/** Splits a PEM file into its certificate and its key. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? [];
}
