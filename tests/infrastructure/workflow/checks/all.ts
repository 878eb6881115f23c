import type { WorkflowCheck } from '../check.ts';
import { HANDING_ON } from './handing-on.ts';
import { STARTS } from './start.ts';
import { TOOLS } from './tools.ts';

/** All checks of the workflow in addition to the delivery's own examination. */
export const WORKFLOW_CHECKS: readonly WorkflowCheck[] = [...STARTS, ...HANDING_ON, ...TOOLS];
