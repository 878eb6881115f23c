import type {
  ArtifactFiles,
  ArtifactKey,
  ArtifactScope,
  StoredBytes,
  StoredContent,
  StoredVersion,
} from '../artifact-files.ts';
import type { GcsClient, GcsObject } from './gcs-client.ts';

// The layout of google-adk's GcsArtifactService (2.13), which the agent on Google Cloud reads and writes:
// <app>/<user>/<session>/<name>/<version>, and <app>/<user>/user/<name with its user: prefix>/<version>. Everything of
// a Part except its bytes is in the object's metadata, under these keys.
const IS_TEXT = 'adkIsText';
const DISPLAY_NAME = 'adkDisplayName';
const FILE_URI = 'adkFileUri';
const FILE_MIME_TYPE = 'adkFileMimeType';
const LEGACY_FILE_URI = 'file_uri';
const INTERNAL: ReadonlySet<string> = new Set([
  IS_TEXT,
  DISPLAY_NAME,
  FILE_URI,
  FILE_MIME_TYPE,
  LEGACY_FILE_URI,
]);

/** Artifacts in a Cloud Storage bucket that Python ADK shares. */
export class GcsArtifactFiles implements ArtifactFiles {
  readonly #client: GcsClient;

  constructor(client: GcsClient) {
    this.#client = client;
  }

  async versions(key: ArtifactKey): Promise<number[]> {
    const prefix = `${artifactPrefix(key)}/`;
    const rests = (await this.#client.list(prefix)).map((name) => name.slice(prefix.length));
    // A remainder with another slash belongs to an artifact with a longer name.
    return rests
      .filter((rest) => /^\d+$/.test(rest))
      .map(Number)
      .toSorted((a, b) => a - b);
  }

  async create(key: ArtifactKey, version: number, content: StoredContent): Promise<boolean> {
    const metadata = toMetadata(content);
    return this.#client.create(
      { name: objectName(key, version), contentType: content.contentType, metadata },
      content.bytes,
    );
  }

  async describe(key: ArtifactKey, version: number): Promise<StoredVersion | undefined> {
    const object = await this.#client.describe(objectName(key, version));
    if (!object) return undefined;
    const { metadata = {}, contentType = 'application/octet-stream', timeCreated } = object;
    return {
      version,
      contentType,
      createTime: timeCreated ? toSeconds(timeCreated) : 0,
      canonicalUri: `gs://${this.#client.bucket}/${object.name}`,
      customMetadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !INTERNAL.has(name))),
      form: toForm(object),
    };
  }

  async read(key: ArtifactKey, version: number): Promise<Uint8Array | undefined> {
    return this.#client.read(objectName(key, version));
  }

  async open(key: ArtifactKey, version: number): Promise<StoredBytes | undefined> {
    return this.#client.open(objectName(key, version));
  }

  async names(scope: ArtifactScope): Promise<string[]> {
    const prefix = `${scopePrefix(scope)}/`;
    const rests = (await this.#client.list(prefix)).map((name) => name.slice(prefix.length));
    return [
      ...new Set(
        rests.filter((rest) => rest.includes('/')).map((rest) => rest.slice(0, rest.lastIndexOf('/'))),
      ),
    ];
  }

  async remove(key: ArtifactKey): Promise<void> {
    const versions = await this.versions(key);
    await Promise.all(versions.map((version) => this.#client.remove(objectName(key, version))));
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#client.probe(signal);
  }
}

/** Converts RFC 3339 to seconds with microseconds, as Python does; Date only keeps milliseconds. */
function toSeconds(time: string): number {
  const fraction = /\.(\d{1,6})/.exec(time)?.[1] ?? '0';
  const wholeSeconds = Math.floor(Date.parse(time) / 1000);
  return Number(`${wholeSeconds}.${fraction}`);
}

function scopePrefix({ appName, userId, scope }: ArtifactScope): string {
  return `${appName}/${userId}/${scope === 'user' ? 'user' : scope.session}`;
}

function artifactPrefix(key: ArtifactKey): string {
  return `${scopePrefix(key)}/${key.filename}`;
}

function objectName(key: ArtifactKey, version: number): string {
  return `${artifactPrefix(key)}/${version}`;
}

function toMetadata({ form, customMetadata }: StoredContent): Record<string, string> {
  const own = Object.entries(customMetadata).filter(([name]) => !INTERNAL.has(name));
  return {
    ...Object.fromEntries(own.map(([name, value]) => [name, toPythonText(value)])),
    ...(form.kind === 'text' ? { [IS_TEXT]: 'true' } : {}),
    ...(form.kind === 'bytes' && form.displayName ? { [DISPLAY_NAME]: form.displayName } : {}),
    ...(form.kind === 'reference' ? { [FILE_URI]: form.fileUri } : {}),
    ...(form.kind === 'reference' && form.mimeType ? { [FILE_MIME_TYPE]: form.mimeType } : {}),
  };
}

/** Object metadata is text; Python writes str(value). */
function toPythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === true) return 'True';
  if (value === false) return 'False';
  return value === null || value === undefined ? 'None' : JSON.stringify(value);
}

function toForm({ metadata = {} }: GcsObject): StoredVersion['form'] {
  const fileUri = metadata[FILE_URI] ?? metadata[LEGACY_FILE_URI];
  const mimeType = metadata[FILE_MIME_TYPE];
  if (fileUri) return { kind: 'reference', fileUri, ...(mimeType ? { mimeType } : {}) };
  if (metadata[IS_TEXT] === 'true') return { kind: 'text' };
  const displayName = metadata[DISPLAY_NAME];
  return { kind: 'bytes', ...(displayName ? { displayName } : {}) };
}
