import type { Operator } from '../mutant.ts';
import { addResource, addToContainer } from './additions.ts';
import {
  addStatement,
  dropStatement,
  exceptFor,
  loosenCondition,
  widenAction,
  widenPrincipal,
  widenResource,
} from './policies.ts';
import {
  dropBlock,
  dropDependsOn,
  dropInstance,
  dropResource,
  otherDefault,
  otherOutput,
  swapReference,
} from './structure.ts';
import { changeTag } from './tags.ts';
import {
  addElement,
  dropElement,
  dropValue,
  flipFlag,
  moveNumber,
  nudgeNumber,
  openPort,
  otherText,
  weakenValue,
  widenRange,
} from './values.ts';

/** The published list of deliberate mistakes. docs/infrastructure-tests.md shows it. */
export const OPERATORS: readonly Operator[] = [
  openPort,
  widenRange,
  flipFlag,
  moveNumber,
  nudgeNumber,
  weakenValue,
  otherText,
  swapReference,
  dropValue,
  dropElement,
  addElement,
  dropBlock,
  dropResource,
  dropInstance,
  dropDependsOn,
  widenAction,
  widenResource,
  widenPrincipal,
  loosenCondition,
  exceptFor,
  dropStatement,
  addStatement,
  changeTag,
  addResource,
  addToContainer,
  otherDefault,
  otherOutput,
];
