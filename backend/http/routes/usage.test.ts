import { createEvent, type Event } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { expect, test } from 'bun:test';
import { createTestApp } from '../../testing/test-app.ts';

const KEY = { appName: 'lornu', userId: 'ann', sessionId: 's1' };

async function usageOf(answers: (Partial<Event> & { modelVersion?: string })[]): Promise<unknown> {
  const { services, request } = createTestApp();
  const session = await services.sessions.createSession(KEY);
  const timestamp = Date.parse('2026-11-29');
  for (const answer of answers) {
    const event = createEvent({ author: 'root', timestamp, ...answer });
    await services.sessions.appendEvent({ session, event });
  }
  const response = await request('/api/v1/apps/lornu/users/ann/sessions/s1/usage');
  expect(response.status).toBe(200);
  return response.json();
}

const flash = { modelVersion: MODEL };

test('a session tells what each turn used and cost, and all of them', async () => {
  const counts = { promptTokenCount: 1_000, cachedContentTokenCount: 400, candidatesTokenCount: 20 };
  const answers = [
    { invocationId: 'e-1', author: 'user' },
    { invocationId: 'e-1', ...flash, usageMetadata: { ...counts, thoughtsTokenCount: 80 } },
    { invocationId: 'e-1', ...flash, usageMetadata: { promptTokenCount: 2_000 } },
    { invocationId: 'e-2', ...flash, usageMetadata: { promptTokenCount: 10 } },
  ];
  expect(await usageOf(answers)).toMatchObject({
    prices: { source: expect.stringContaining('https://'), readOn: expect.stringMatching(/^\d{4}-/) },
    total: { inputTokens: 3_010, cachedTokens: 400, outputTokens: 100, thinkingTokens: 80 },
    turns: [
      { invocationId: 'e-1', inputTokens: 3_000, costUsd: 0.002_355 },
      { invocationId: 'e-2', inputTokens: 10, costUsd: 0.000_007_5 },
    ],
  });
});

test('a model without a price has tokens, no cost, and its name is told', async () => {
  const answers = [
    { invocationId: 'e-1', ...flash, usageMetadata: { promptTokenCount: 5 } },
    { invocationId: 'e-1', modelVersion: 'tuned-7', usageMetadata: { promptTokenCount: 5 } },
  ];
  const { total } = (await usageOf(answers)) as { total: Record<string, unknown> };
  expect(total).toEqual({
    inputTokens: 10,
    cachedTokens: 0,
    outputTokens: 0,
    thinkingTokens: 0,
    modelsWithoutPrice: ['tuned-7'],
  });
});

test('a session that does not exist is not found', async () => {
  const response = await createTestApp().request('/api/v1/apps/lornu/users/ann/sessions/none/usage');
  expect([response.status, response.headers.get('x-error-code')]).toEqual([404, 'SESSION_NOT_FOUND']);
});
