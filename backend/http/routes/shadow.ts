import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';
import { mayUse } from '../../identity/principal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ShadowCandidate } from '../../shadow/shadow-candidate.ts';
import type { Shadow } from '../../shadow/shadow.ts';
import { SHADOW_ANSWER, SHADOW_PATH, SHADOW_TURN } from '../../shadow/shadow-wire.ts';
import { defineRoute, type Route } from '../route.ts';

export interface ShadowRoutesOptions {
  shadow: Shadow | undefined;
  candidate: ShadowCandidate | undefined;
  log: Logger;
}

/** Longest time of a candidate's turn, in milliseconds. The caller gives up at this time at the latest. */
const LONGEST_TURN_MS = 60_000;

const LINES = z.array(z.string());
const REPORT = z.object({
  since: z.number().meta({ description: 'When this process began; seconds since the epoch.' }),
  counts: z.record(z.enum(['same', 'harmless', 'changed', 'failed', 'dropped', 'skipped']), z.number()).meta({
    description: 'Turns by outcome.',
  }),
  byChange: z.record(z.string(), z.number()).meta({ description: 'Changed turns by what differs.' }),
  notCompared: z.record(z.string(), z.number()).meta({
    description: 'Turns that failed, were dropped or were skipped, by the reason.',
  }),
  medianMs: z.number(),
  candidateMedianMs: z.number(),
  changed: z
    .array(
      z.object({
        at: z.number(),
        appName: z.string(),
        changes: LINES,
        missing: LINES,
        before: LINES,
        now: LINES,
      }),
    )
    .meta({
      description:
        'The latest that changed, side by side; values are placeholders, the same for the same value.',
    }),
});

/** A process's statistics of its shadow candidate. */
export type ShownShadow = z.infer<typeof REPORT>;

/** Mounts the route for turns only in a candidate, and the operators' report only if a candidate is configured. */
export function shadowRoutes({ shadow, candidate, log }: ShadowRoutesOptions): Route[] {
  return [
    ...(candidate
      ? [
          defineRoute({
            method: 'post',
            path: SHADOW_PATH,
            summary:
              'Runs a real message a second time: the tools answer what the request says, and nothing is stored.',
            tag: 'shadow',
            body: SHADOW_TURN,
            answer: SHADOW_ANSWER,
            errors: ['INVALID_REQUEST', 'CALLER_NOT_ALLOWED', 'APP_NOT_FOUND', 'LIMIT_REACHED'],
            handler: async ({ context, body }) => {
              const { role } = context.get('principal');
              if (role !== 'service' && role !== 'local') throw new AppError('CALLER_NOT_ALLOWED');
              if (!body) throw new AppError('INVALID_REQUEST');
              const signal = AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(LONGEST_TURN_MS)]);
              return context.json(await candidate.play(body, signal));
            },
          }),
        ]
      : []),
    ...(shadow
      ? [
          defineRoute({
            method: 'get',
            path: '/api/v1/operator/shadow',
            summary: 'What this process has seen a shadow candidate do otherwise.',
            tag: 'operator',
            answer: REPORT,
            errors: ['CALLER_NOT_ALLOWED'],
            handler: ({ context }) => {
              const principal = context.get('principal');
              if (!mayUse(principal, 'operator')) throw new AppError('CALLER_NOT_ALLOWED');
              log.info('operator', {
                action: 'read shadow',
                operator: principal.id,
                requestId: context.get('requestId'),
              });
              return context.json(shadow.report.toJson());
            },
          }),
        ]
      : []),
  ];
}
