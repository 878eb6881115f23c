import type { Artifact } from '../api/artifacts.ts';
import { toBase64 } from '../util/base64.ts';
import { own } from '../util/own.ts';

/**
 * How an artifact may be shown in the page. Nothing that an agent made ever becomes a document of the page's origin:
 * images go through <img>, where SVG cannot run scripts, and everything else is text.
 */
export type Preview =
  | { kind: 'image' | 'audio'; dataUrl: string }
  | { kind: 'table'; rows: string[][] }
  | { kind: 'markdown' | 'text'; text: string; language: string; cut: boolean }
  | { kind: 'none' };

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/svg+xml']);
const AUDIO = new Set([
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/mp3',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'audio/x-wav',
]);
const LANGUAGES: Record<string, string> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/xml': 'xml',
  'text/css': 'css',
  'text/html': 'xml',
  'text/javascript': 'javascript',
  'text/x-python': 'python',
};
const MAX_CHARACTERS = 20_000;
const MAX_ROWS = 50;

export function toPreview({ mimeType, bytes }: Artifact): Preview {
  const type = mimeType.split(';')[0]?.trim() ?? '';
  if (IMAGES.has(type)) return { kind: 'image', dataUrl: `data:${type};base64,${toBase64(bytes)}` };
  if (AUDIO.has(type)) return { kind: 'audio', dataUrl: `data:${type};base64,${toBase64(bytes)}` };
  const language = own(LANGUAGES, type);
  if (!type.startsWith('text/') && language === undefined) return { kind: 'none' };
  const whole = new TextDecoder().decode(bytes);
  if (type === 'text/csv') return { kind: 'table', rows: parseCsv(whole).slice(0, MAX_ROWS + 1) };
  const kind = type === 'text/markdown' ? 'markdown' : 'text';
  // Do not cut a surrogate pair.
  const text = whole.slice(0, MAX_CHARACTERS).replace(/[\uD800-\uDBFF]$/u, '');
  return { kind, text, language: language ?? 'plaintext', cut: text.length < whole.length };
}

/** Parses RFC 4180: quotes around cells with commas, quotes or line ends; a doubled quote is one quote. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') {
      rows.push(row);
      row = [];
    }
    if (cell.lastIndex >= text.length && match[3] !== ',') break;
  }
  return rows;
}
