import type { Check } from '../check.ts';
import { BAKE } from './bake.ts';
import { BREAKER } from './breaker.ts';
import { DEPLOYMENT } from './deployment.ts';
import { PROTECTION } from './protection.ts';
import { SECRETS } from './secrets.ts';
import { STOP } from './stop.ts';
import { ANSWERS } from './answers.ts';
import { DRAIN } from './drain.ts';
import { HEADERS } from './headers.ts';
import { HEALTH_CHECKS } from './health.ts';
import { IDLE } from './idle.ts';
import { MUTUAL_TLS } from './mutual-tls.ts';
import { RULES } from './rules.ts';
import { TOKENS } from './tokens.ts';

/** All checks. Each theme has one file in this folder. */
export const CHECKS: readonly Check[] = [
  ...IDLE,
  ...RULES,
  ...ANSWERS,
  ...HEADERS,
  ...TOKENS,
  ...MUTUAL_TLS,
  ...HEALTH_CHECKS,
  ...DRAIN,
  ...DEPLOYMENT,
  ...BREAKER,
  ...BAKE,
  ...PROTECTION,
  ...SECRETS,
  ...STOP,
];
