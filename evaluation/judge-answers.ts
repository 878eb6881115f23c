import type { Rubric } from './eval-set.ts';
import type { RubricScore } from './metrics.ts';

const INVALID = new Set(['invalid', 'almost', 'false', 'partially_valid', 'partially']);

/** Returns 1 for valid, 0 for invalid, and null if the judge wrote neither. */
export function readLabel(text: string): number | null {
  const valid = labelOf(text, 'is_the_agent_response_valid');
  if (valid !== undefined) return valid === 'valid' || valid === 'true' ? 1 : INVALID.has(valid) ? 0 : null;
  // Some judges repeat the opposite question in their answer.
  const invalid = labelOf(text, 'is_the_agent_response_invalid');
  return invalid === undefined ? null : invalid === 'true' || invalid === 'invalid' ? 0 : 1;
}

/** A field's value, with or without brackets or quotes. Undefined if its end is missing, because it may be cut off. */
function labelOf(text: string, field: string): string | undefined {
  const value = new RegExp(`"${field}":\\s*\\[*\\s*"*([^"^\\]\\s]*)"*\\s*\\]*\\s*[,\\n}]`, 'u').exec(
    text,
  )?.[1];
  return value === undefined ? undefined : withoutEnd(value);
}

function withoutEnd(value: string): string {
  let end = value.length;
  while (end > 0 && ',}'.includes(value[end - 1] ?? '')) end--;
  return value.slice(0, end);
}

/** Parses verdicts in google-adk's form: "ID:", "Property:", "Rationale:", "Verdict: yes|no", one block per rubric. */
export function readRubrics(text: string, rubrics: readonly Rubric[]): RubricScore[] {
  const lines = (name: string) => [...text.matchAll(new RegExp(`^\\s*${name}: (.*)$`, 'gmu'))];
  const values = (name: string) =>
    [...text.matchAll(new RegExp(`(?<=${name}: )(.*)`, 'gu'))].map(([value]) => value);
  const [properties, ids] = [lines('Property'), lines('ID')];
  const [rationales, verdicts] = [values('Rationale'), values('Verdict')];
  // An incomplete block could hide a failed rubric.
  if (properties.length !== rationales.length || properties.length !== verdicts.length) return [];
  return properties.flatMap(({ index, 1: property = '' }, at) => {
    // An id belongs to the property that follows it.
    const after = properties[at - 1]?.index ?? -1;
    const id = ids.findLast((one) => one.index > after && one.index < index)?.[1]?.trim();
    const rubric =
      rubrics.find(({ rubricId }) => rubricId === id) ??
      rubrics.findLast(({ rubricContent }) => plain(rubricContent.textProperty ?? '') === plain(property));
    const verdict = (verdicts[at] ?? '').toLowerCase();
    const score = verdict.includes('yes') ? 1 : verdict.includes('no') ? 0 : null;
    return rubric ? [{ rubricId: rubric.rubricId, rationale: rationales[at]?.trim() ?? '', score }] : [];
  });
}

/** Removes Markdown and typographic characters, because judges add them when they repeat a property. */
const SIGNS = new Map([
  ['\u2018', "'"],
  ['\u2019', "'"],
  ['\u201c', '"'],
  ['\u201d', '"'],
  ['\u2013', '-'],
  ['\u2014', '-'],
]);
const DECORATION = ' *_`#>-\u2022"\'';

function plain(words: string): string {
  const text = words
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019\u201c\u201d\u2013\u2014]/gu, (sign) => SIGNS.get(sign) ?? sign)
    .replaceAll(/\s+/gu, ' ');
  let [from, to] = [0, text.length];
  while (from < to && DECORATION.includes(text[from] ?? '')) from++;
  while (to > from && DECORATION.includes(text[to - 1] ?? '')) to--;
  return text.slice(from, to).toLowerCase();
}
