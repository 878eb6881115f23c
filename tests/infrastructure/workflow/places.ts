import { isMap, isScalar, isSeq, type Document } from 'yaml';

export type YamlPath = readonly (string | number)[];

/** One value or block of the workflow's file. */
export interface YamlPlace {
  path: YamlPath;
  /** Absent for a map or a list. */
  value?: string | number | boolean;
}

/** Texts for people, whose wording does not matter. */
const WORDS = new Set(['name', 'description']);

/** Every value and block of the file, outer ones first; names and descriptions are left out. */
export function findYamlPlaces(parsed: Document): YamlPlace[] {
  const places: YamlPlace[] = [];
  const walk = (node: unknown, path: YamlPath): void => {
    if (path.length > 0) places.push(isScalar(node) ? { path, value: node.value as string } : { path });
    if (isMap(node)) {
      for (const { key, value } of node.items)
        walk(value, [...path, String(isScalar(key) ? key.value : key)]);
    }
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
  };
  walk(parsed.contents, []);
  return places.filter(({ path }) => !isWords(path));
}

/** A parsed file after one change; its comments stay, because pins have their releases there. */
export function changed(parsed: Document, change: (document: Document) => void): Document {
  const document = parsed.clone();
  change(document);
  return document;
}

/** The file's text, as in the repository. */
export function written(document: Document): string {
  return document.toString({ lineWidth: 0 });
}

function isWords(path: YamlPath): boolean {
  const name = String(path.at(-1));
  // `with: name` is the name of an artifact, not a text for people.
  return WORDS.has(name) && path.at(-2) !== 'with';
}
