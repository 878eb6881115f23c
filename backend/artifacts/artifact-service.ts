import type {
  BaseArtifactService,
  CompositeSessionKey,
  LoadArtifactRequest,
  SaveArtifactRequest,
} from '@google/adk';
import type { FileData, Part } from '@google/genai';
import { AppError } from '../errors/app-error.ts';
import type {
  ArtifactFiles,
  ArtifactKey,
  StoredBytes,
  StoredContent,
  StoredVersion,
} from './artifact-files.ts';
import {
  assertArtifactName,
  assertArtifactSession,
  canHoldArtifacts,
  isUserScoped,
} from './artifact-names.ts';
import { followArtifactUri, isArtifactUri } from './artifact-uri.ts';

/** What the REST API returns about one version. */
export interface ArtifactVersionInfo {
  version: number;
  canonicalUri: string;
  customMetadata: Record<string, unknown>;
  /** Seconds since the epoch. */
  createTime: number;
  mimeType: string;
}

/** A version whose bytes are not read yet, or a reference to an external place. */
export type OpenArtifact =
  | (StoredBytes & ({ isText: true } | { isText: false; mimeType: string; displayName?: string }))
  | { fileData: FileData };

type FileRequest = CompositeSessionKey & { filename: string };

/** Attempts to get the next number when others save the same artifact at the same moment. */
const MAX_SAVE_ATTEMPTS = 10;
/** Longest chain of references that is followed, as in Python ADK. */
const MAX_REFERENCES = 5;
/** Every row of a version list contains the description, and Cloud Storage allows 8 KiB of metadata for an object. */
const MAX_DESCRIPTION_BYTES = 6 * 1024;
const BYTES_TYPE = 'application/octet-stream';

/** Artifacts and their versions, by the rules of Python ADK's artifact services, on any ArtifactFiles store. */
export class ArtifactService implements BaseArtifactService {
  readonly #files: ArtifactFiles;
  readonly #maxBytes: number;
  /** The last unfinished save of each artifact in this process. */
  readonly #saving = new Map<string, Promise<void>>();

  /** `maxBytes` is the largest artifact that may be saved. */
  constructor(files: ArtifactFiles, maxBytes: number) {
    this.#files = files;
    this.#maxBytes = maxBytes;
  }

  /**
   * Saves the next version and returns its number. Throws BAD_REQUEST for what cannot be an artifact,
   * ARTIFACT_TOO_LARGE, ARTIFACT_BUSY.
   */
  async saveArtifact(request: SaveArtifactRequest): Promise<number> {
    assertArtifactName(request.filename);
    const key = toKey(request);
    if (key.scope !== 'user') assertArtifactSession(key.scope.session);
    const content = toContent(request.artifact, request.customMetadata ?? {}, key);
    if (content.bytes.byteLength > this.#maxBytes) {
      throw new AppError('ARTIFACT_TOO_LARGE', `The artifact is larger than ${this.#maxBytes} bytes.`);
    }
    const { bytes: _bytes, ...described } = content;
    if (Buffer.byteLength(JSON.stringify(described)) > MAX_DESCRIPTION_BYTES)
      throw new AppError(
        'BAD_REQUEST',
        `The metadata, names and address of an artifact have at most ${MAX_DESCRIPTION_BYTES} bytes as JSON.`,
      );
    return this.#inTurn(key, async () => {
      const first = ((await this.#files.versions(key)).at(-1) ?? -1) + 1;
      for (let version = first; version < first + MAX_SAVE_ATTEMPTS; version++) {
        // The next number is tried only when this one is taken.
        if (await this.#files.create(key, version, content)) return version;
      }
      throw new AppError('ARTIFACT_BUSY', undefined, { headers: { 'retry-after': '1' } });
    });
  }

  /**
   * Saves of one artifact in this process run one after the other, so that only other processes compete for a number.
   */
  async #inTurn<T>(key: ArtifactKey, save: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(key);
    const mine = (this.#saving.get(name) ?? Promise.resolve()).then(save);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#saving.set(name, settled);
    void settled.then(() => {
      if (this.#saving.get(name) === settled) this.#saving.delete(name);
    });
    return mine;
  }

  /** Loads a version as a Part, the latest by default; undefined if there is none or a rewind removed it. */
  async loadArtifact(request: LoadArtifactRequest): Promise<Part | undefined> {
    const found = await this.#find(toKey(request), request.version, MAX_REFERENCES);
    if (!found || 'fileData' in found) return found;
    const { key, stored } = found;
    const bytes = await this.#files.read(key, stored.version);
    if (!bytes) return undefined;
    if (stored.form.kind === 'text') return { text: new TextDecoder().decode(bytes) };
    if (isTombstone(stored, bytes.byteLength)) return undefined;
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return { inlineData: { data, ...about(stored) } };
  }

  /** Loads a version as a stream, for many or slow callers: a file is never in memory as a whole. */
  async openArtifact(request: LoadArtifactRequest): Promise<OpenArtifact | undefined> {
    const found = await this.#find(toKey(request), request.version, MAX_REFERENCES);
    if (!found || 'fileData' in found) return found;
    const { key, stored } = found;
    const opened = await this.#files.open(key, stored.version);
    if (!opened) return undefined;
    if (stored.form.kind === 'text') return { ...opened, isText: true };
    if (!isTombstone(stored, opened.size)) return { ...opened, isText: false, ...about(stored) };
    await opened.stream.cancel();
    return undefined;
  }

  /** Resolves the requested version and follows references; a reference outside the store is returned as a Part. */
  async #find(
    key: ArtifactKey,
    wanted: number | undefined,
    references: number,
  ): Promise<{ key: ArtifactKey; stored: StoredVersion } | { fileData: FileData } | undefined> {
    const stored = await this.#describe(key, wanted);
    if (!stored) return undefined;
    const { form, contentType } = stored;
    if (form.kind !== 'reference') return { key, stored };
    const { fileUri, mimeType = contentType } = form;
    if (!isArtifactUri(fileUri)) return { fileData: { fileUri, mimeType } };
    if (references === 0)
      throw new AppError('BAD_REQUEST', 'The artifact reference leads through too many other references.');
    const target = followArtifactUri(fileUri, key);
    return this.#find(target.key, target.version, references - 1);
  }

  /** Names in this session plus those shared by all sessions of the user, sorted. */
  async listArtifactKeys({ appName, userId, sessionId }: CompositeSessionKey): Promise<string[]> {
    const owner = { appName, userId };
    const [own, shared] = await Promise.all([
      this.#files.names({ ...owner, scope: { session: sessionId } }),
      this.#files.names({ ...owner, scope: 'user' }),
    ]);
    return [...new Set([...own, ...shared])].toSorted(byCodePoint);
  }

  async deleteArtifact(request: FileRequest): Promise<void> {
    await this.#files.remove(toKey(request));
  }

  /** Removes all artifacts of a session, but not those that the user's sessions share. */
  async deleteSessionArtifacts({ appName, userId, sessionId }: CompositeSessionKey): Promise<void> {
    if (!canHoldArtifacts(sessionId)) return;
    const scope = { appName, userId, scope: { session: sessionId } };
    const names = await this.#files.names(scope);
    await Promise.all(names.map(async (filename) => this.#files.remove({ ...scope, filename })));
  }

  async listVersions(request: FileRequest): Promise<number[]> {
    return this.#files.versions(toKey(request));
  }

  async listArtifactVersions(request: FileRequest): Promise<ArtifactVersionInfo[]> {
    const key = toKey(request);
    return this.describeVersions(request, await this.#files.versions(key));
  }

  /** Describes those of the versions that exist. */
  async describeVersions(request: FileRequest, versions: readonly number[]): Promise<ArtifactVersionInfo[]> {
    const key = toKey(request);
    const described = await Promise.all(versions.map((version) => this.#files.describe(key, version)));
    return described.filter((one) => one !== undefined).map(toInfo);
  }

  async getArtifactVersion(request: LoadArtifactRequest): Promise<ArtifactVersionInfo | undefined> {
    const stored = await this.#describe(toKey(request), request.version);
    return stored ? toInfo(stored) : undefined;
  }

  async #describe(key: ArtifactKey, wanted: number | undefined): Promise<StoredVersion | undefined> {
    const version = wanted ?? (await this.#files.versions(key)).at(-1);
    return version === undefined || version < 0 ? undefined : this.#files.describe(key, version);
  }
}

/** The version that a rewind saves for an artifact that did not exist before: it loads as absent. */
export function rewindTombstone(): Part {
  return { inlineData: { mimeType: BYTES_TYPE, data: '' } };
}

function isTombstone({ contentType, form }: StoredVersion, bytes: number): boolean {
  return bytes === 0 && contentType === BYTES_TYPE && form.kind === 'bytes' && form.displayName === undefined;
}

function about({ contentType, form }: StoredVersion): { mimeType: string; displayName?: string } {
  const displayName = form.kind === 'bytes' ? form.displayName : undefined;
  return { mimeType: contentType, ...(displayName ? { displayName } : {}) };
}

function toKey({ appName, userId, sessionId, filename }: FileRequest): ArtifactKey {
  const scope = isUserScoped(filename) ? 'user' : { session: sessionId };
  return { appName, userId, scope, filename };
}

function toContent(artifact: Part, customMetadata: Record<string, unknown>, key: ArtifactKey): StoredContent {
  const { inlineData, text, fileData } = artifact;
  if (inlineData) {
    const { data, mimeType, displayName } = inlineData;
    if (data === undefined) throw new AppError('BAD_REQUEST', 'Artifact inline_data must contain data.');
    return {
      bytes: Buffer.from(data, 'base64'),
      contentType: checkedType(mimeType),
      customMetadata,
      form: { kind: 'bytes', ...(displayName ? { displayName } : {}) },
    };
  }
  if (text !== undefined) {
    const bytes = new TextEncoder().encode(text);
    return { bytes, contentType: 'text/plain', customMetadata, form: { kind: 'text' } };
  }
  if (fileData) {
    const { fileUri, mimeType } = fileData;
    if (!fileUri) throw new AppError('BAD_REQUEST', 'Artifact file_data must have a file_uri.');
    if (isArtifactUri(fileUri)) followArtifactUri(fileUri, key);
    const form = { kind: 'reference' as const, fileUri, ...(mimeType ? { mimeType } : {}) };
    return { bytes: new Uint8Array(), contentType: checkedType(mimeType), customMetadata, form };
  }
  throw new AppError('BAD_REQUEST', 'Artifact must have either inline_data or text.');
}

/** The type is sent in headers later, so it must be a valid media type. */
function checkedType(mimeType: string | undefined): string {
  if (!mimeType) return BYTES_TYPE;
  if (/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:;[\x20-\x7e]{0,200})?$/.test(mimeType)) return mimeType;
  throw new AppError('BAD_REQUEST', 'The mime_type of the artifact is not a media type.');
}

function toInfo({
  version,
  canonicalUri,
  customMetadata,
  createTime,
  contentType,
}: StoredVersion): ArtifactVersionInfo {
  return { version, canonicalUri, customMetadata, createTime, mimeType: contentType };
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
