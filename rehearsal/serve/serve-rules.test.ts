import { describeConfig } from '@lornu/backend/config/describe-config.ts';
import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADDED_VARIABLES, addedVariables, vpcVariables } from './added-variables.ts';
import { readStage } from './read-dockerfile.ts';

const at = {
  gemini: 'http://127.0.0.1:1',
  firestoreHost: '127.0.0.1:2',
  storage: 'http://127.0.0.1:3',
  google: 'http://127.0.0.1:4',
  secretsManager: 'http://127.0.0.1:5',
  authorityFile: '/ca.pem',
};

test('a rehearsal on loopback adds this closed list to what was applied, all on loopback', () => {
  const added = addedVariables('127.77.0.1', { ...at, peer: 'http://127.0.0.1:6/a2a/lornu' });
  expect(Object.keys(added).toSorted()).toEqual(
    [
      'A2A_PEER_URL',
      'A2A_TOKEN_JWKS_URL',
      'AWS_ENDPOINT_URL_SECRETS_MANAGER',
      'FIRESTORE_EMULATOR_HOST',
      'GOOGLE_GEMINI_BASE_URL',
      'GOOGLE_IAM_CREDENTIALS_URL',
      'GOOGLE_STS_URL',
      'HOST',
      'LORNU_LISTEN_HOST',
      'LORNU_REHEARSAL',
      'LORNU_TRACE_URL',
      'NODE_EXTRA_CA_CERTS',
      'OIDC_ISSUER',
      'STORAGE_EMULATOR_HOST',
    ].toSorted(),
  );
  expect(addedVariables('127.77.0.1', at)).not.toHaveProperty('A2A_PEER_URL');
  const values = Object.values(added).filter((value) => value !== '1' && value !== '/ca.pem');
  expect(values.filter((value) => !/^(http:\/\/)?127\./.test(value))).toEqual([]);
});

test('in the applied VPC it says that it is a rehearsal and whose certificates are good, nothing else', () => {
  const added = vpcVariables('/ca.pem');
  expect(Object.keys(added).toSorted()).toEqual([
    'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
    'LORNU_REHEARSAL',
    'NODE_EXTRA_CA_CERTS',
    'REQUESTS_CA_BUNDLE',
    'SSL_CERT_FILE',
  ]);
  const onLoopback = addedVariables('127.77.0.1', { ...at, peer: 'http://127.0.0.1:6/a2a/lornu' });
  const given = new Set([...Object.keys(added), ...Object.keys(onLoopback)]);
  expect([...given].toSorted()).toEqual(Object.keys(ADDED_VARIABLES).toSorted());
});

test('each of them is one that the service, the Python agent or the runtime knows', () => {
  const ofRuntimes = ['HOST', ...Object.keys(vpcVariables('/ca.pem'))];
  const known = new Set<string>([...describeConfig().map(({ name }) => name), ...ofRuntimes]);
  expect(Object.keys(ADDED_VARIABLES).filter((name) => !known.has(name))).toEqual([]);
});

test("the images' commands and environment are read from the Dockerfile", async () => {
  const dockerfile = await readFile(join(import.meta.dir, '../../Dockerfile'), 'utf8');
  expect(readStage(dockerfile, 'agent')).toMatchObject({
    command: ['bun', 'serve.js'],
    env: { NODE_ENV: 'production', LORNU_DATA_DIR: '/tmp/data', BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' },
  });
  expect(readStage(dockerfile, 'gcp-agent')).toMatchObject({
    command: ['python', '-m', 'gcp_agent.main'],
    env: { PAGE_DIR: '/app/page', PYTHONUNBUFFERED: '1' },
  });
  // A build argument only exists during the build.
  expect(readStage(dockerfile, 'agent').env).not.toHaveProperty('LORNU_REVISION');
  expect(() => readStage(dockerfile, 'none')).toThrow('no stage none');
});
