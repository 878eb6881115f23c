import type { Fields, Value } from './value.ts';

/** Splits `a.b` and "`odd name`.b". */
export function segmentsOf(path: string): string[] {
  if (!/[.`]/.test(path)) return [path];
  return [...path.matchAll(/`((?:[^`\\]|\\.)*)`|([^.]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
  );
}

export function getPath(fields: Fields, [first = '', ...rest]: readonly string[]): Value | undefined {
  const value = Object.hasOwn(fields, first) ? fields[first] : undefined;
  return rest.length === 0 || !value ? value : getPath(value.mapValue?.fields ?? {}, rest);
}

/** Sets a field; deletes it if `value` is undefined. Copies the maps on the way; creates missing ones only to set. */
export function setPath(
  target: Fields,
  [first = '', ...rest]: readonly string[],
  value: Value | undefined,
): void {
  if (rest.length === 0) {
    if (value) target[first] = value;
    else delete target[first];
    return;
  }
  const before = target[first];
  if (!value && !before?.mapValue) return;
  const inner = { ...before?.mapValue?.fields };
  setPath(inner, rest, value);
  target[first] = { ...before, mapValue: { fields: inner } };
  for (const type of Object.keys(target[first])) {
    if (type !== 'mapValue' && type !== 'valueType') delete target[first][type as keyof Value];
  }
}
