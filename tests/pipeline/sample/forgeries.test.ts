import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIGNER, signerOf } from '@lornu/ops/delivery/image/signature.ts';
import { startGithub } from '@lornu/standins/github/server.ts';
import {
  signedImage,
  testForgeries,
  verifyImage,
  type Change,
  type ForgeryBench,
} from '../sigstore/forgeries.ts';

// The stand-in for cosign refuses the same forgeries as cosign does in ../signatures/signatures.test.ts.

interface SignatureRecord {
  image: string;
  statement: Record<string, string>;
  signature: string;
  entry?: string;
  time?: string;
}

let folder: string;
let bench: ForgeryBench;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lornu-forgeries-'));
  const path = join(folder, 'signatures.jsonl');
  const repository = '127.0.0.1:1/lornu-agent';
  let images = 0;
  bench = {
    cosign: {
      program: join(import.meta.dir, '../programs/cosign/cosign'),
      env: { COSIGN_SIGNATURES: path },
      github: startGithub(SIGNER.repository),
    },
    registry: { host: '127.0.0.1:1', repository, password: 'a-password' },
    push: async () => `sha256:${createHash('sha256').update(String(images++)).digest('hex')}`,
    change: async (digest, change, at = digest) => {
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      const records = lines.map((line) => JSON.parse(line) as SignatureRecord);
      const index = records.findIndex(({ image }) => image.endsWith(digest));
      const copy = { ...records[index]!, image: `${repository}@${at}` };
      CHANGES[change](copy);
      records.splice(index, at === digest ? 1 : 0, copy);
      await writeFile(path, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
    },
    elsewhere: async () => ({ COSIGN_SIGSTORE: 'another' }),
  };
});
afterAll(async () => {
  await bench.cosign.github.stop();
  await rm(folder, { recursive: true, force: true });
});

const CHANGES: Readonly<Record<Change, (record: SignatureRecord) => void>> = {
  nothing: () => {},
  'the signature': (record) => void (record.signature = record.signature.replace(/.$/, 'x')),
  'the statement': (record) => void (record.statement['more'] = 'words'),
  'no log entry': (record) => void delete record.entry,
  'no time': (record) => void delete record.time,
};

test('a signature of the workflow on main is accepted', async () => {
  expect(await verifyImage(bench, await signedImage(bench))).toBe(signerOf({}));
});

testForgeries(() => bench);
