// The program of every probe: it answers what it saw, and behaves as it is told by requests and by its environment.
// Plain JavaScript without packages: on AWS a public image of Node.js runs it from the task definition (node -e).
const fs = require('node:fs');
const http = require('node:http');

const env = process.env;
const NAME = env.PROBE || 'probe';
/** Paths of health checks: what is answered, in order for each checker, again and again or with the last one staying. */
const plans = new Map();

/** A line in the log of the task; written at once, because the process may end right after it. */
function say(what, more) {
  fs.writeSync(1, JSON.stringify({ probe: what, name: NAME, atMs: Date.now(), ...more }) + '\n');
}

// In CloudWatch's embedded metric format.
if (env.METRIC)
  setInterval(() => {
    const metrics = {
      Namespace: 'Probe',
      Dimensions: [['Name']],
      Metrics: [{ Name: 'Load', Unit: 'Count' }],
    };
    const line = {
      _aws: { Timestamp: Date.now(), CloudWatchMetrics: [metrics] },
      Name: NAME,
      Load: Number(env.METRIC),
    };
    fs.writeSync(1, JSON.stringify(line) + '\n');
  }, 100);

if (env.CRASH_AFTER_MS) setTimeout(() => process.exit(7), Number(env.CRASH_AFTER_MS));
process.on('SIGTERM', () => {
  say('sigterm');
  if (!env.KEEP_ON_SIGTERM) process.exit(0);
});

function planOf(path) {
  if (!plans.has(path))
    plans.set(path, { answers: [env.SICK ? 503 : 200], delayMs: 0, asked: new Map(), seen: [] });
  return plans.get(path);
}

function check(request, response, path) {
  const plan = planOf(path);
  const from = request.socket.remoteAddress;
  const count = plan.asked.get(from) || 0;
  plan.asked.set(from, count + 1);
  const last = plan.answers.length - 1;
  const status = plan.answers[plan.repeat ? count % plan.answers.length : Math.min(count, last)];
  plan.seen.push({
    status,
    method: request.method,
    agent: request.headers['user-agent'] || '',
    connection: request.socket.remotePort,
  });
  setTimeout(() => {
    response.writeHead(status, { 'content-length': 0 });
    response.end();
  }, plan.delayMs);
}

function json(response, value, status = 200) {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function readAll(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** The agent's endpoint in this task, with the answer's status. */
async function askAgent(method, body) {
  const said = await fetch(env.ECS_AGENT_URI + '/task-protection/v1/state', {
    method,
    ...(method === 'GET' ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  const text = await said.text();
  return { status: said.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

async function answer(request, response) {
  response.setHeader('x-probe', NAME);
  const url = new URL(request.url, 'http://probe');
  const { pathname, searchParams: asked } = url;
  if (pathname === '/alive') return json(response, { name: NAME });
  if (pathname.startsWith('/health')) return check(request, response, pathname);
  if (pathname === '/probe/plan') {
    const plan = JSON.parse(await readAll(request));
    plans.set(plan.path, { delayMs: 0, ...plan, asked: new Map(), seen: [] });
    return json(response, {});
  }
  if (pathname === '/probe/checks') return json(response, planOf(asked.get('path')).seen);
  if (pathname === '/probe/environment')
    return json(response, Object.fromEntries(asked.getAll('name').map((name) => [name, env[name] ?? null])));
  if (pathname === '/probe/protection')
    return json(response, await askAgent(request.method, await readAll(request)));
  if (pathname === '/probe/metadata')
    return json(
      response,
      await (await fetch(env.ECS_CONTAINER_METADATA_URI_V4 + (asked.get('of') || ''))).json(),
    );
  if (pathname === '/probe/exit') return process.exit(Number(asked.get('code')));
  if (asked.has('close')) return request.socket.destroy();
  if (asked.has('silentMs')) await new Promise((done) => setTimeout(done, Number(asked.get('silentMs'))));
  if (asked.has('everyMs'))
    return stream(response, Number(asked.get('everyMs')), Number(asked.get('words') || 4));
  const text = await readAll(request);
  return json(
    response,
    {
      name: NAME,
      revision: env.REVISION || '',
      method: request.method,
      url: request.url,
      headers: request.headers,
      received: text.length,
    },
    Number(asked.get('status') || (env.FAIL ? 500 : 200)),
  );
}

/** A word each so many milliseconds, and "end" at the end. */
function stream(response, everyMs, words) {
  let left = words;
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return void response.write('word ');
    clearInterval(timer);
    response.end('end');
    say('served');
  }, everyMs);
  response.write('word ');
  response.on('close', () => clearInterval(timer));
}

http
  .createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    answer(request, response).catch((error) => json(response, { error: String(error) }, 500));
  })
  .listen(Number(env.PORT || 8080), env.HOST || '0.0.0.0', () => say('listening'));
