import { theme, type Source } from '../check.ts';
import type { Request } from '../ask.ts';
import { PAGES } from '../pages.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import { askGroup } from '../seeing.ts';
import { IDLE_S } from '../stack/balancer.ts';
import { GROUP_HEADER } from '../stack/rules.ts';
import type { World } from '../world.ts';

const closes: Source = {
  page: PAGES.loadBalancers,
  quote:
    'If no data has been sent or received by the time that the idle timeout period elapses, the load balancer closes the connection.',
};
const oneByte: Source = {
  page: PAGES.loadBalancers,
  quote: 'send at least 1 byte of data before each idle timeout period elapses',
};
const noAnswer: Source = {
  page: PAGES.troubleshooting,
  quote:
    'The load balancer established a connection to the target but the target did not respond before the idle timeout period elapsed.',
};
const noRequest: Source = {
  page: PAGES.troubleshooting,
  quote: 'The client did not send data before the idle timeout period expired.',
};
const range: Source = {
  page: PAGES.loadBalancers,
  quote: 'The valid range is 1-4000. The default is 60 seconds.',
};

const idleMs = IDLE_S * 1000;
/** No silence may last longer. */
const limitMs = idleMs * 4;
const ask =
  (path: string, request: Omit<Request, 'path'> = {}) =>
  async (world: World) => {
    await world.scene(singleProbes);
    return askGroup(world, 'steady', path, request);
  };
/** Whether AWS accepts this value. The valid value is set again afterwards. */
const takes =
  (value: string) =>
  async (world: World): Promise<boolean> => {
    const set = async (Value: string): Promise<unknown> =>
      world.clients.elb.modifyLoadBalancerAttributes({
        LoadBalancerArn: world.stack.balancer.arn,
        Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value }],
      });
    const taken = await set(value).then(
      () => true,
      () => false,
    );
    if (taken) await set(String(IDLE_S));
    return taken;
  };

export const IDLE = theme('idle', [
  [
    'silent-response',
    'a response that stops in the middle is cut after the idle timeout',
    closes,
    false,
    async (world) => (await ask(`/x?everyMs=${idleMs * 2}&words=2`)(world)).whole,
  ],
  [
    'not-before',
    'a response is not cut before the idle timeout',
    closes,
    true,
    async (world) => (await ask(`/x?everyMs=${idleMs * 2 + 1}&words=2`)(world)).elapsedMs >= idleMs,
  ],
  [
    'any-byte',
    'a response that sends a byte before each idle timeout can take longer than the timeout',
    oneByte,
    true,
    async (world) => (await ask(`/x?everyMs=${idleMs * 0.6}&words=3`)(world)).whole,
  ],
  [
    'no-answer',
    'a target that sends no response is a 504',
    noAnswer,
    504,
    async (world) => (await ask(`/x?silentMs=${idleMs * 2}`)(world)).status,
  ],
  [
    'late-answer',
    'a target that answers before the timeout is not cut',
    noAnswer,
    200,
    async (world) => (await ask(`/x?silentMs=${idleMs * 0.5}`)(world)).status,
  ],
  [
    'slow-upload',
    'a request that sends a byte before each idle timeout can take longer than the timeout',
    oneByte,
    200,
    async (world) =>
      (
        await ask('/x', {
          method: 'POST',
          pieces: { everyMs: idleMs * 0.6, parts: ['a', 'b', 'c'], announce: 3 },
        })(world)
      ).status,
  ],
  [
    'silent-upload',
    'a request whose body stops is a 408',
    noRequest,
    408,
    async (world) =>
      (
        await ask('/x', {
          method: 'POST',
          pieces: { everyMs: 1, parts: ['a'], announce: 3 },
          limitMs,
        })(world)
      ).status,
    { otherwise: 'A request whose body stops is a 504.' },
  ],
  [
    'silent-head',
    'a request whose head stops is a 408',
    noRequest,
    408,
    async (world) =>
      (
        await world.ask(443, {
          path: '',
          onlyHead: `GET /x HTTP/1.1\r\nHost: x\r\n${GROUP_HEADER}: steady\r\n`,
          limitMs,
        })
      ).status,
  ],
  ['least', 'an idle timeout of 0 s is refused', range, false, takes('0')],
  ['most', 'an idle timeout of 4001 s is refused', range, false, takes('4001')],
]);
