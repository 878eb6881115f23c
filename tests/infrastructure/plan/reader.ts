import type { Json } from './document.ts';

/**
 * Thrown when a check reads something that does not exist; it counts as a problem found by that check. Other errors are
 * bugs.
 */
export class Absent extends Error {}

/** Called with every value that a check reads: the resource's address and the value's path. */
export type Recorder = (address: string, path: string) => void;

const parsed = new Map<string, Json>();

/**
 * A value of a plan that checks read by path, such as `health_check.0.path`. There is no other access, so every read is
 * recorded. `json` enters text that holds JSON; paths continue inside it.
 */
export class Reader {
  readonly address: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly #value: Json;
  readonly #record: Recorder;

  constructor(address: string, value: Json, record: Recorder, path = '', key?: string) {
    this.address = address;
    this.path = path;
    this.key = key;
    this.#value = value;
    this.#record = record;
  }

  text(path: string): string {
    const value = this.#leaf(path);
    return typeof value === 'string' ? value : this.#absent(path, 'text');
  }

  number(path: string): number {
    const value = this.#leaf(path);
    // The provider has some numbers as text: task sizes, delays.
    if (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)) return Number(value);
    return typeof value === 'number' ? value : this.#absent(path, 'a number');
  }

  flag(path: string): boolean {
    const value = this.#leaf(path);
    return typeof value === 'boolean' ? value : this.#absent(path, 'true or false');
  }

  /** A list or set of texts, sorted; a single text is a list of one, as in policies. */
  texts(path: string): string[] {
    const value = this.#at(path);
    const list = Array.isArray(value) ? value : [value];
    if (!list.every((item) => typeof item === 'string')) return this.#absent(path, 'a list of texts');
    this.#record(this.address, this.#join(path));
    if (Array.isArray(value)) {
      const whole = this.#join(path);
      value.forEach((_, index) => this.#record(this.address, `${whole}.${index}`));
    }
    return list.toSorted();
  }

  /** Whether the value is set; does not count as read. Null, empty text, empty lists and maps count as unset. */
  has(path: string): boolean {
    const value = this.#at(path);
    if (value === null || value === undefined || value === '') return false;
    return typeof value !== 'object' || Object.keys(value).length > 0;
  }

  /** The blocks of this name; empty if there are none. */
  blocks(path: string): Reader[] {
    const value = this.#at(path);
    if (value === null || value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    return list.map((_, index) => {
      const inner = Array.isArray(value) ? [path, String(index)].filter(Boolean).join('.') : path;
      // For blocks that are complete by their presence.
      this.#record(this.address, this.#join(inner));
      return this.#inner(inner);
    });
  }

  /** The only block of this name. */
  block(path: string): Reader {
    const [first, ...others] = this.blocks(path);
    if (!first || others.length > 0) return this.#absent(path, 'one block');
    return first;
  }

  /** Like `texts`, for a name that may contain dots. */
  textsOf(name: string): string[] {
    const here = this.#at('');
    const value = typeof here === 'object' && here !== null && !Array.isArray(here) ? here[name] : undefined;
    return new Reader(this.address, value ?? null, this.#record, this.#join(name)).texts('');
  }

  /** Whether the value is a single text, which a policy may have instead of a list. */
  isText(path: string): boolean {
    return typeof this.#at(path) === 'string';
  }

  /** The names of a map. */
  keys(path: string): string[] {
    const value = this.#at(path);
    return typeof value === 'object' && value !== null ? Object.keys(value).toSorted() : [];
  }

  /** Enters text that holds JSON. */
  json(path: string): Reader {
    const text = this.#leaf(path);
    if (typeof text !== 'string') return this.#absent(path, 'JSON');
    let value = parsed.get(text);
    if (value === undefined) {
      try {
        value = JSON.parse(text) as Json;
      } catch {
        return this.#absent(path, 'JSON');
      }
      if (parsed.size > 20_000) parsed.clear();
      parsed.set(text, value);
    }
    return new Reader(this.address, value, this.#record, this.#join(path), this.key);
  }

  #inner(path: string): Reader {
    return new Reader(this.address, this.#at(path) ?? null, this.#record, this.#join(path), this.key);
  }

  #leaf(path: string): Json | undefined {
    this.#record(this.address, this.#join(path));
    return this.#at(path);
  }

  #at(path: string): Json | undefined {
    let value: Json | undefined = this.#value;
    if (path === '') return value;
    for (const part of path.split('.')) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = Array.isArray(value) ? value[Number(part)] : value[part];
    }
    return value;
  }

  #join(path: string): string {
    return this.path && path ? `${this.path}.${path}` : this.path || path;
  }

  #absent(path: string, wanted: string): never {
    throw new Absent(`${this.address} has no ${this.#join(path)} (${wanted}).`);
  }
}
