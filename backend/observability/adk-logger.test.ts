import { expect, test } from 'bun:test';
import { createJsonLogger } from './json-logger.ts';
import { toAdkLogger } from './adk-logger.ts';

test("ADK's notes to programmers are no warnings, its warnings are", () => {
  const levels: unknown[] = [];
  const log = createJsonLogger({
    level: 'debug',
    now: Date.now,
    write: (line) => levels.push((JSON.parse(line) as { level: string }).level),
  });
  const adk = toAdkLogger(log);
  adk.warn('Method BasePlugin.beforeToolSelection is experimental and may change in the future.');
  adk.warn('Tool not found.');
  expect(levels).toEqual(['debug', 'warn']);
});
