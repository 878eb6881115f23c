import { expect, test } from 'bun:test';
import { ModelWatch } from './model-watch.ts';
import type { ModelBackend } from './model-settings.ts';

const API: ModelBackend = { kind: 'gemini-api', apiKey: () => 'a-key', baseUrl: 'http://gemini' };
const { signal } = new AbortController();
const NEW = 'gemini-3.8-flash';
const OLD = 'gemini-2.5-flash';

function watch(answer: () => Response, { backend = API, day = '2026-11-29' } = {}) {
  let ms = Date.parse(day);
  const asked: string[] = [];
  const heads: string[] = [];
  const told: unknown[] = [];
  const log = { warn: (_message: string, fields: unknown) => told.push(fields) };
  const looked = new ModelWatch({
    backend,
    log: log as never,
    now: () => ms,
    fetch: (async (input: string | URL, { method = 'GET' }: RequestInit = {}) => {
      if (method === 'GET') asked.push(input.toString());
      else heads.push(input.toString());
      return answer();
    }) as unknown as typeof fetch,
  });
  return { watch: looked, asked, heads, told, later: (by: number) => (ms += by) };
}
const refusal = (code: number, status: string) => () =>
  Response.json({ error: { code, status } }, { status: code });

test('the model is looked up once in five minutes, and the API is reached on every check', async () => {
  const { watch: models, asked, heads, later } = watch(() => Response.json({}));
  for (let probe = 0; probe < 3; probe++) expect(await models.look([NEW], signal)).toBeUndefined();
  expect(asked).toEqual([`http://gemini/v1beta/models/${NEW}`]);
  expect(heads).toEqual(['http://gemini/', 'http://gemini/']);
  later(5 * 60_000);
  await models.look([NEW], signal);
  expect(asked).toHaveLength(2);
});

test('a missing model fails, with the time since when', async () => {
  const { watch: models, later } = watch(refusal(404, 'NOT_FOUND'));
  expect(models.look([OLD], signal)).rejects.toThrow(
    'There is no gemini-2.5-flash: gemini-2.5-flash will be retired',
  );
  later(3 * 86_400_000);
  expect(models.look([OLD], signal)).rejects.toThrow('gemini-2.5-flash was retired on 2026-12-01');
  expect(models.look(['gemini-9-flash'], signal)).rejects.toThrow(
    'There is no gemini-9-flash. Set GEMINI_MODEL.',
  );
});

test('a refused key fails; rate limits and server errors do not', async () => {
  const models = (status: number) => watch(refusal(status, 'A_STATUS')).watch.look([NEW], signal);
  expect(models(400)).rejects.toThrow('Gemini refuses our key (400 A_STATUS).');
  expect(models(403)).rejects.toThrow('Gemini refuses our key (403 A_STATUS).');
  expect(await models(429)).toBeUndefined();
  expect(await models(503)).toBeUndefined();
});

test('a retirement soon is a warning, one in a year is not', async () => {
  const ok = () => Response.json({});
  expect(await watch(ok).watch.look([OLD], signal)).toBe(
    'gemini-2.5-flash will be retired on 2026-12-01, in 2 days, then gemini-3.5-flash-lite answers in its place.',
  );
  expect(await watch(ok, { day: '2026-06-01' }).watch.look([OLD], signal)).toBeUndefined();
});

test('an answer by another model is a warning until the right one answers again, and is logged once', async () => {
  const { watch: models, told } = watch(() => Response.json({}));
  models.onAnswer(NEW, 'gemini-3.5-flash-lite');
  models.onAnswer(NEW, 'gemini-3.5-flash-lite');
  models.onAnswer(NEW, undefined);
  expect(await models.look([NEW], signal)).toBe(
    'gemini-3.8-flash is asked, and gemini-3.5-flash-lite answers.',
  );
  expect(told).toEqual([{ asked: NEW, answered: 'gemini-3.5-flash-lite' }]);
  models.onAnswer(NEW, NEW);
  expect(await models.look([NEW], signal)).toBeUndefined();
});

test('Vertex is not asked for the model, and has its own retirement days', async () => {
  const backend: ModelBackend = { kind: 'vertex', project: 'p', location: 'l', accessToken: async () => 't' };
  const { watch: models, asked, heads } = watch(refusal(404, 'NOT_FOUND'), { backend });
  expect(await models.look([OLD], signal)).toBe('gemini-2.5-flash was retired on 2026-10-20.');
  expect([asked, heads]).toEqual([[], ['https://l-aiplatform.googleapis.com/']]);
});
