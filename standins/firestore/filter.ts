import { status } from '@grpc/grpc-js';
import { RpcError } from './rpc-error.ts';
import { compareValues, isNaNValue, typeOf, type Value } from './value.ts';

export interface FieldFilter {
  field: { fieldPath: string };
  op: string;
  value: Value;
}
interface UnaryFilter {
  field: { fieldPath: string };
  op: string;
}
export interface Filter {
  fieldFilter?: FieldFilter;
  unaryFilter?: UnaryFilter;
  compositeFilter?: { op: string; filters?: Filter[] };
}

/** Operators that read a range of an index, so that results are ordered by their field. */
const RANGES = new Set([
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'NOT_EQUAL',
  'NOT_IN',
  'IS_NOT_NULL',
  'IS_NOT_NAN',
]);

export const isRange = ({ op }: { op: string }): boolean => RANGES.has(op);

/** The conditions on single fields, of all branches. */
export function conditionsOf(filter: Filter | undefined): (FieldFilter | UnaryFilter)[] {
  const single = filter?.fieldFilter ?? filter?.unaryFilter;
  return single ? [single] : (filter?.compositeFilter?.filters ?? []).flatMap(conditionsOf);
}

/** Whether a document matches; `fieldOf` returns its values by path. */
export function matches(filter: Filter, fieldOf: (path: string) => Value | undefined): boolean {
  const { fieldFilter, unaryFilter, compositeFilter } = filter;
  if (compositeFilter) {
    const filters = compositeFilter.filters ?? [];
    return compositeFilter.op === 'OR'
      ? filters.some((inner) => matches(inner, fieldOf))
      : filters.every((inner) => matches(inner, fieldOf));
  }
  const own = fieldOf((fieldFilter ?? unaryFilter)?.field.fieldPath ?? '');
  if (!own) return false;
  if (unaryFilter) return isUnary(unaryFilter.op, own);
  if (fieldFilter) return holds(fieldFilter, own);
  throw new RpcError(status.UNIMPLEMENTED, 'The stand-in does not know this filter.');
}

function isUnary(op: string, own: Value): boolean {
  const isNull = own.nullValue !== undefined;
  switch (op) {
    case 'IS_NULL':
      return isNull;
    case 'IS_NOT_NULL':
      return !isNull;
    case 'IS_NAN':
      return isNaNValue(own);
    case 'IS_NOT_NAN':
      return !isNull && !isNaNValue(own);
    default:
      throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the filter ${op}.`);
  }
}

function holds({ op, value }: FieldFilter, own: Value): boolean {
  const listed = value.arrayValue?.values ?? [];
  const inside = own.arrayValue?.values ?? [];
  switch (op) {
    case 'EQUAL':
      return isEqual(own, value);
    case 'IN':
      return listed.some((one) => isEqual(own, one));
    case 'NOT_EQUAL':
      return own.nullValue === undefined && !isNothing(value) && !isEqual(own, value);
    case 'NOT_IN':
      return own.nullValue === undefined && !listed.some((one) => isNothing(one) || isEqual(own, one));
    case 'ARRAY_CONTAINS':
      return inside.some((one) => isEqual(one, value));
    case 'ARRAY_CONTAINS_ANY':
      return inside.some((one) => listed.some((other) => isEqual(one, other)));
    default:
      return isOnSide(op, own, value);
  }
}

/** An inequality only matches values of its own type, and never null or NaN. */
function isOnSide(op: string, own: Value, value: Value): boolean {
  const isComparable =
    typeOf(own) === typeOf(value) && ![own, value].some((one) => isNothing(one) || isNaNValue(one));
  const side = compareValues(own, value);
  switch (op) {
    case 'LESS_THAN':
      return isComparable && side < 0;
    case 'LESS_THAN_OR_EQUAL':
      return isComparable && side <= 0;
    case 'GREATER_THAN':
      return isComparable && side > 0;
    case 'GREATER_THAN_OR_EQUAL':
      return isComparable && side >= 0;
    default:
      throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the filter ${op}.`);
  }
}

const isNothing = (value: Value): boolean => value.nullValue !== undefined;
/** Nothing equals null or NaN: clients query those with IS_NULL and IS_NAN. */
const isEqual = (a: Value, b: Value): boolean => !isNothing(b) && !isNaNValue(b) && compareValues(a, b) === 0;
