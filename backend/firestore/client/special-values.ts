const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
const NANOS = 1e9;

/** The last second that was read or printed: most times of a process are of the same. */
let lastSecond = { seconds: 0, text: '1970-01-01T00:00:00' };

/** A moment to the nanosecond, in the years 1 to 9999. Firestore stores microseconds. */
export class Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;

  /** Since the epoch. Throws a RangeError. */
  constructor(seconds: number, nanoseconds: number) {
    const isIn = Number.isInteger(seconds) && seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
    if (!isIn || !Number.isInteger(nanoseconds) || nanoseconds < 0 || nanoseconds >= NANOS)
      throw new RangeError(`No time of Firestore: ${seconds} s, ${nanoseconds} ns`);
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }

  static fromMillis(ms: number): Timestamp {
    const seconds = Math.floor(ms / 1000);
    return new Timestamp(seconds, Math.floor((ms - seconds * 1000) * 1e6));
  }

  /** Of the form 2026-11-30T03:27:00.123456Z. */
  static parse(text: string): Timestamp {
    const second = text.slice(0, 19);
    if (lastSecond.text !== second) lastSecond = { seconds: Date.parse(`${second}Z`) / 1000, text: second };
    return new Timestamp(lastSecond.seconds, Number(text.slice(20, -1).padEnd(9, '0')));
  }

  toMillis(): number {
    return this.seconds * 1000 + Math.round(this.nanoseconds / 1e6);
  }

  toString(): string {
    const { seconds } = this;
    if (lastSecond.seconds !== seconds)
      lastSecond = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
    return `${lastSecond.text}.${String(this.nanoseconds).padStart(9, '0')}Z`;
  }

  /** In the order of time. */
  valueOf(): string {
    return `${String(this.seconds - FIRST_SECOND).padStart(12, '0')}.${String(this.nanoseconds).padStart(9, '0')}`;
  }
}

/** What a field of a written document gets instead of a value; only as a field of its own, not inside a value. */
export class FieldValue {
  private static readonly now = new FieldValue('now');
  private static readonly nothing = new FieldValue('nothing');
  readonly kind: 'now' | 'nothing';

  private constructor(kind: FieldValue['kind']) {
    this.kind = kind;
  }

  /** Firestore's time of the commit, in milliseconds. */
  static serverTimestamp(): FieldValue {
    return FieldValue.now;
  }

  /** Deletes the field; in updates only. */
  static delete(): FieldValue {
    return FieldValue.nothing;
  }
}

const DOCUMENT_ID = '__name__';
const SIMPLE_NAME = /^[A-Za-z_][A-Za-z_0-9]*$/;

/** The name of a field that may hold any character. */
export class FieldPath {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The document's own name, in queries. */
  static documentId(): FieldPath {
    return new FieldPath(DOCUMENT_ID);
  }

  get isDocumentId(): boolean {
    return this.name === DOCUMENT_ID;
  }

  /** In Firestore's notation. */
  toString(): string {
    return SIMPLE_NAME.test(this.name) ? this.name : `\`${this.name.replaceAll(/[\\`]/g, String.raw`\$&`)}\``;
  }
}
