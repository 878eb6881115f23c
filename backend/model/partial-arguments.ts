import type { PartialArg } from '@google/genai';

type Node = Record<string, unknown> | unknown[];

/** A larger array index is a broken path, not an argument. */
const LARGEST_INDEX = 10_000;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const STEP = /\[\s*(\d+)\s*\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[\]]+)/g;

/** Applies one streamed piece of a function call's arguments at its JSON path; strings are appended. */
export function applyPartialArgument(args: Record<string, unknown>, piece: PartialArg): void {
  const path = readPath(piece.jsonPath ?? '');
  if (path.length === 0 || path.some((step) => FORBIDDEN.has(`${step}`))) return;
  if (piece.stringValue !== undefined) {
    const before = valueAt(args, path);
    put(args, path, typeof before === 'string' ? before + piece.stringValue : piece.stringValue);
  } else if (piece.numberValue !== undefined) put(args, path, piece.numberValue);
  else if (piece.boolValue !== undefined) put(args, path, piece.boolValue);
  else if (piece.nullValue !== undefined) put(args, path, null);
}

function readPath(jsonPath: string): (string | number)[] {
  const steps = jsonPath.replace(/^\$/, '').matchAll(STEP);
  return [...steps].map(([, index, single, double, plain]) =>
    index === undefined ? (single ?? double ?? plain ?? '') : Number(index),
  );
}

function valueAt(root: Node, path: (string | number)[]): unknown {
  let node: unknown = root;
  for (const step of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return node;
}

function put(root: Node, path: (string | number)[], value: unknown): void {
  let node = root as Record<string | number, unknown>;
  for (const [depth, step] of path.entries()) {
    if (typeof step === 'number' && step > LARGEST_INDEX) return;
    const next = path[depth + 1];
    if (next === undefined) node[step] = value;
    else {
      if (typeof node[step] !== 'object' || node[step] === null)
        node[step] = typeof next === 'number' ? [] : {};
      node = node[step] as Record<string | number, unknown>;
    }
  }
}
