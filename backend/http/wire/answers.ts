import { z } from 'zod';

// Response schemas for the OpenAPI document; events/ makes the responses.

export const EVENT_ANSWER = z.looseObject({
  id: z.string(),
  invocationId: z.string(),
  author: z.string(),
  timestamp: z.number().meta({ description: 'Seconds since the epoch, with microseconds.' }),
  content: z
    .looseObject({ role: z.string().optional(), parts: z.array(z.looseObject({})).optional() })
    .optional(),
  actions: z.looseObject({
    stateDelta: z.record(z.string(), z.unknown()),
    artifactDelta: z.record(z.string(), z.number()),
  }),
  partial: z.boolean().optional(),
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
});

export const SESSION = z.object({
  id: z.string(),
  appName: z.string(),
  userId: z.string(),
  state: z.record(z.string(), z.unknown()),
  events: z.array(EVENT_ANSWER),
  lastUpdateTime: z.number(),
});

export const SESSIONS = z.array(SESSION);
