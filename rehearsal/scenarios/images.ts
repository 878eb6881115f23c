import { createHash } from 'node:crypto';
import type { ImageStore, Runtime, StoredImage } from '../serve/images.ts';

/** An image with its digest, and the revision that it reports. */
export interface NamedImage {
  digest: string;
  revision: string;
}

/** The checkout's image under another digest: as good as the running one, and newer. */
export async function addGoodImage(
  store: ImageStore,
  runtime: Runtime,
  revision: string,
): Promise<NamedImage> {
  return add(store, { runtime, revision });
}

/** An image whose program exits as soon as it starts, as if a file were missing. */
export async function addBrokenImage(
  store: ImageStore,
  runtime: Runtime,
  revision: string,
): Promise<NamedImage> {
  const command = runtime === 'bun' ? ['bun', 'missing.js'] : ['python', '-m', 'missing'];
  return add(store, { runtime, revision, about: 'which ends at once', command });
}

/** An image that is healthy but answers each turn with 500: its own program, with broken turns. */
export async function addFailingImage(
  store: ImageStore,
  runtime: Runtime,
  revision: string,
): Promise<NamedImage> {
  const command = runtime === 'bun' ? ['bun', '-e', FAILING_BUN] : ['python', '-c', FAILING_PYTHON];
  return add(store, { runtime, revision, about: 'which answers each turn with 500', command });
}

/** An image of the service whose clock is `aheadS` seconds ahead. */
export async function addClockImage(
  store: ImageStore,
  aheadS: number,
  revision: string,
): Promise<NamedImage> {
  const about = `whose clock is ${aheadS} s ahead`;
  return add(store, { runtime: 'bun', revision, about, command: ['bun', '-e', clockBun(aheadS)] });
}

const clockBun = (aheadS: number): string => `
const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...given) { given.length === 0 ? super(Real.now() + ${aheadS * 1000}) : super(...given); }
  static now() { return Real.now() + ${aheadS * 1000}; }
};
await import(process.cwd() + '/serve.js');`;

/** The path at which the image below starts to allocate memory until it is killed. */
export const LEAK_PATH = '/leak';

/**
 * The service with a path that allocates 64 MB every 50 ms. Only the break calls the path, directly and not through the
 * load balancer.
 */
export async function addLeakingImage(store: ImageStore, revision: string): Promise<NamedImage> {
  const about = `which takes all memory once ${LEAK_PATH} is asked for`;
  return add(store, { runtime: 'bun', revision, about, command: ['bun', '-e', LEAKING_BUN] });
}

const LEAKING_BUN = `
const serve = Bun.serve;
const taken = [];
Bun.serve = (options) => serve({
  ...options,
  fetch(request, server) {
    if (new URL(request.url).pathname !== '${LEAK_PATH}') return options.fetch.call(this, request, server);
    setInterval(() => taken.push(Buffer.alloc(64 * 2 ** 20, 1)), 50);
    return new Response('leaking');
  },
});
await import(process.cwd() + '/serve.js');`;

/**
 * Both run in the image's working folder, like its own command. The turns fail inside the service with an unexpected
 * error, because an alarm must see how the service reports it.
 */
const FAILING_BUN = `
const serve = Bun.serve;
const broken = () => { throw new TypeError('broken on purpose') };
Bun.serve = (options) => serve({
  ...options,
  fetch(request, server) {
    if (new URL(request.url).pathname.startsWith('/run'))
      Object.defineProperties(request, { body: { get: broken }, bytes: { get: broken } });
    return options.fetch.call(this, request, server);
  },
});
await import(process.cwd() + '/serve.js');`;
const FAILING_PYTHON = `
import sys
import gcp_agent.app as app
import gcp_agent.main as main
make = app.get_fast_api_app
def make_failing(**options):
    made = make(**options)
    @made.middleware("http")
    async def fail(request, call_next):
        if request.url.path.startswith("/run"):
            raise TypeError("broken on purpose")
        return await call_next(request)
    return made
app.get_fast_api_app = make_failing
sys.exit(main.main())`;

async function add(store: ImageStore, image: StoredImage): Promise<NamedImage> {
  const digest = `sha256:${createHash('sha256').update(JSON.stringify(image)).digest('hex')}`;
  await store.add(digest, image);
  return { digest, revision: image.revision };
}
