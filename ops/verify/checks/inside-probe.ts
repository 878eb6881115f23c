import { MODEL } from '@lornu/agents/model.ts';

/** Meaning of the probe's exit codes. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'text came in pieces',
  20: 'the task got no key (GEMINI_API_KEY)',
  21: 'Gemini is out of reach from there',
  22: 'Gemini refused the key or the request',
  23: 'Gemini answered without text',
  24: 'another model answered than the one that was asked',
  25: 'Gemini has no such model: it is retired, or its name is wrong',
};

/**
 * A command for the deployed image: one streamed call of Gemini's API with the task's key. It prints nothing, and reads
 * the key from its environment rather than an argument.
 */
export function probeCommand(isPython: boolean, model = MODEL): string[] {
  return isPython ? ['python', '-c', pythonProbe(model)] : ['bun', '-e', bunProbe(model)];
}

function bunProbe(model: string): string {
  return `
const key = process.env.GEMINI_API_KEY;
if (!key) process.exit(20);
const base = process.env.GOOGLE_GEMINI_BASE_URL || 'https://generativelanguage.googleapis.com';
const answer = await fetch(base + '/v1beta/models/${model}:streamGenerateContent?alt=sse', {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'count to 5' }] }] }),
  signal: AbortSignal.timeout(30000),
}).catch(() => process.exit(21));
if (!answer.ok) process.exit(answer.status === 404 ? 25 : 22);
const text = await answer.text().catch(() => process.exit(21));
const version = /"modelVersion":\\s*"(?:stand-in for )?([^"]+)"/.exec(text)?.[1] ?? '${model}';
if (!'${model}'.endsWith('-latest') && version.replace(/-\\d{3}$/, '') !== '${model}'.replace(/-\\d{3}$/, '')) process.exit(24);
process.exit(/"text":\\s*"[^"]/.test(text) ? 0 : 23);
`;
}

function pythonProbe(model: string): string {
  return `
import json, os, re, sys, urllib.error, urllib.request
key = os.environ.get('GEMINI_API_KEY')
if not key: sys.exit(20)
base = os.environ.get('GOOGLE_GEMINI_BASE_URL') or 'https://generativelanguage.googleapis.com'
request = urllib.request.Request(base + '/v1beta/models/${model}:streamGenerateContent?alt=sse',
    data=json.dumps({'contents': [{'role': 'user', 'parts': [{'text': 'count to 5'}]}]}).encode(),
    headers={'content-type': 'application/json', 'x-goog-api-key': key})
try:
    text = urllib.request.urlopen(request, timeout=30).read().decode()
except urllib.error.HTTPError as error: sys.exit(25 if error.code == 404 else 22)
except OSError: sys.exit(21)
found = re.search(r'"modelVersion":\\s*"(?:stand-in for )?([^"]+)"', text)
bare = lambda name: re.sub(r'-\\d{3}$', '', name)
if found and not '${model}'.endswith('-latest') and bare(found[1]) != bare('${model}'): sys.exit(24)
sys.exit(0 if re.search(r'"text":\\s*"[^"]', text) else 23)
`;
}
