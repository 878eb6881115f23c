/** A pattern of personal data and its placeholder: `<email-1>`, the same for the same value. */
export interface MaskRule {
  name: string;
  pattern: RegExp;
}

export const MASK_RULES: readonly MaskRule[] = [
  { name: 'email', pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu },
  { name: 'url', pattern: /\bhttps?:\/\/[^\s"'<>)\]]+/gu },
  {
    name: 'token',
    pattern:
      /\b(?:eyJ[\w-]+\.[\w-]+\.[\w-]+|AIza[\w-]{30,}|(?:ghp|gho|sk|xox[abp])[-_][\w-]{16,}|AKIA[A-Z0-9]{16})/gu,
  },
  { name: 'iban', pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/gu },
  { name: 'card', pattern: /\b(?:\d[ -]?){12,18}\d\b/gu },
  {
    name: 'phone',
    pattern: /(?<![\w.])\+\d{1,3}(?:[ /.-]?\(?\d{2,8}\)?){2,5}(?!\w)|\b0\d{2,5}[ /-]\d{4,10}\b/gu,
  },
  { name: 'address', pattern: /\b(?:\d{1,3}\.){3}\d{1,3}\b/gu },
];

/** Base64 of "masked". */
const MASKED_FILE = 'bWFza2Vk';

/** Masks all texts within values; reports only how many were masked. */
export class Masker {
  readonly counts = new Map<string, number>();
  readonly #rules: readonly MaskRule[];
  readonly #names = new Map<string, string>();

  constructor(rules: readonly MaskRule[] = MASK_RULES) {
    this.#rules = rules;
  }

  /** The value with every text masked, including keys of objects. */
  mask<T>(value: T): T {
    return this.#masked(value) as T;
  }

  #masked(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#masked(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.#text(key),
        key === 'inlineData' ? this.#file(item) : this.#masked(item),
      ]),
    );
  }

  /** A file's content cannot be searched: only its type is kept. */
  #file(file: unknown): unknown {
    this.counts.set('file', (this.counts.get('file') ?? 0) + 1);
    return { mimeType: (file as { mimeType?: unknown } | null)?.mimeType, data: MASKED_FILE };
  }

  #text(text: string): string {
    let masked = text;
    for (const { name, pattern } of this.#rules)
      masked = masked.replaceAll(pattern, (found) => this.#nameOf(name, found));
    return masked;
  }

  #nameOf(rule: string, found: string): string {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1);
    const key = `${rule}\0${found}`;
    const name =
      this.#names.get(key) ??
      `<${rule}-${[...this.#names.keys()].filter((one) => one.startsWith(`${rule}\0`)).length + 1}>`;
    this.#names.set(key, name);
    return name;
  }
}
