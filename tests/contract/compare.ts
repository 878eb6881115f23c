import { isDeliberate, type Difference } from './differences.ts';

/** Differences that no entry of differences.ts allows for this case, at most `limit` of them. */
export function compare(title: string, reference: unknown, service: unknown, limit = 12): Difference[] {
  const found: Difference[] = [];
  walk('', reference, service, found);
  return found.filter((difference) => !isDeliberate(title, difference)).slice(0, limit);
}

function walk(path: string, reference: unknown, service: unknown, found: Difference[]): void {
  if (Object.is(reference, service)) return;
  if (Array.isArray(reference) && Array.isArray(service)) {
    for (let index = 0; index < Math.max(reference.length, service.length); index += 1) {
      walk(`${path}[${index}]`, reference[index], service[index], found);
    }
    return;
  }
  if (isRecord(reference) && isRecord(service)) {
    for (const key of new Set([...Object.keys(reference), ...Object.keys(service)])) {
      walk(`${path}.${key}`, reference[key], service[key], found);
    }
    return;
  }
  found.push({ path, reference, service });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Both sides of each difference, for a person. */
export function describe(differences: Difference[]): string {
  return differences
    .map(
      ({ path, reference, service }) =>
        `${path}\n    google-adk: ${show(reference)}\n    service:    ${show(service)}`,
    )
    .join('\n');
}

function show(value: unknown): string {
  const text = value === undefined ? '(absent)' : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
