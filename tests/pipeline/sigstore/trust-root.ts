import { generateKeyPairSync, sign } from 'node:crypto';
import {
  Key,
  Metadata,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models';

const YEAR_MS = 365 * 86_400_000;
const ROLES = ['root', 'targets', 'snapshot', 'timestamp'];

/**
 * The files of a TUF repository with these targets, by path. From it, cosign learns whom to trust and where to sign.
 * One key signs all roles. https://theupdateframework.github.io/specification/latest/
 */
export function makeTrustRoot(targets: Readonly<Record<string, Buffer>>): Record<string, Buffer> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const key = new Key({
    keyID: 'only',
    keyType: 'ed25519',
    scheme: 'ed25519',
    keyVal: { public: raw },
  });
  // The TUF id of a key is the hash of its canonical form. The library's own model computes it.
  const keyID = keyIdOf(key);
  const own = new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: raw } });
  // In whole seconds, because cosign removes trailing zeros of a fraction before it verifies.
  const expires = new Date(Date.now() + YEAR_MS).toISOString().replace(/\.\d+/, '');
  const shared = { version: 1, specVersion: '1.0.31', expires };
  const signed = (metadata: Metadata<Root | Targets | Snapshot | Timestamp>): Buffer => {
    metadata.sign((data) => new Signature({ keyID, sig: sign(null, data, privateKey).toString('hex') }));
    return Buffer.from(JSON.stringify(metadata.toJSON()));
  };

  const root = new Root({ ...shared, consistentSnapshot: true });
  for (const role of ROLES) root.addKey(own, role);
  const list = new Targets(shared);
  for (const [name, bytes] of Object.entries(targets)) list.addTarget(targetOf(name, bytes));
  const snapshot = new Snapshot({ ...shared, meta: { 'targets.json': new MetaFile({ version: 1 }) } });
  const timestamp = new Timestamp({ ...shared, snapshotMeta: new MetaFile({ version: 1 }) });
  return {
    '/1.root.json': signed(new Metadata(root)),
    '/1.targets.json': signed(new Metadata(list)),
    '/1.snapshot.json': signed(new Metadata(snapshot)),
    '/timestamp.json': signed(new Metadata(timestamp)),
    ...Object.fromEntries(
      Object.entries(targets).map(([name, bytes]) => [`/targets/${hashOf(bytes)}.${name}`, bytes]),
    ),
  };
}

function targetOf(path: string, bytes: Buffer): TargetFile {
  return new TargetFile({ path, length: bytes.length, hashes: { sha256: hashOf(bytes) } });
}

function hashOf(bytes: Buffer | string): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

function keyIdOf(key: Key): string {
  const { keyType, scheme, keyVal } = key;
  return hashOf(JSON.stringify({ keytype: keyType, keyval: keyVal, scheme }));
}
