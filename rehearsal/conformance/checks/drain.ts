import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { drainScene } from '../scenes/drain.ts';
import { DRAIN_S } from '../stack/balancer.ts';
import type { World } from '../world.ts';

const page = (quote: string): Source => ({ page: PAGES.targetGroupAttributes, quote });
const stops = page('Elastic Load Balancing stops sending requests to targets that are deregistering.');
const waits = page(
  'By default, Elastic Load Balancing waits 300 seconds before completing the deregistration process, which can help in-flight requests to the target to complete.',
);
const unused = page(
  'After the deregistration delay elapses, the deregistration process completes and the state of the target is unused.',
);
const again = page(
  'You can register the target with the target group again when you are ready for it to resume receiving requests.',
);
const range = page('The range is 0–3600 seconds. The default value is 300 seconds.');

const seen = inScene(drainScene);
/** Whether AWS accepts this delay. The valid delay is set again afterwards. */
const takes =
  (value: string) =>
  async (world: World): Promise<boolean> => {
    const set = async (Value: string): Promise<unknown> =>
      world.clients.elb.modifyTargetGroupAttributes({
        TargetGroupArn: world.stack.balancer.groups.empty,
        Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value }],
      });
    const taken = await set(value).then(
      () => true,
      () => false,
    );
    if (taken) await set(String(DRAIN_S));
    return taken;
  };

export const DRAIN = theme('drain', [
  [
    'state',
    'a deregistered target is draining',
    page('The initial state of a deregistering target is draining.'),
    'draining',
    seen(({ draining }) => draining.State ?? ''),
  ],
  [
    'reason',
    'the reason of a draining target is the deregistration',
    { page: PAGES.healthChecks, quote: 'Target.DeregistrationInProgress' },
    'Target.DeregistrationInProgress',
    seen(({ draining }) => draining.Reason ?? ''),
  ],
  [
    'nothing-new',
    'a draining target gets no new requests',
    stops,
    ['one'],
    seen(({ answeredMeanwhile }) => answeredMeanwhile),
  ],
  [
    'finishes',
    'requests in progress are completed within the delay',
    waits,
    [true],
    seen(({ shortStreams }) => shortStreams),
  ],
  [
    'shown',
    'a target is shown as draining until the delay is over, even without requests in progress',
    page(
      'However, even though target deregistration is complete, the status of the target will be displayed as draining until the deregistration delay elapses.',
    ),
    'draining',
    seen(({ afterLastRequest }) => afterLastRequest),
    { otherwise: 'A target is gone as soon as nothing is under way.' },
  ],
  ['gone', 'after the delay the target is gone', unused, true, seen(({ gone }) => gone)],
  [
    'cut',
    'a request that takes longer than the delay is cut',
    {
      page: PAGES.troubleshooting,
      quote:
        'The deregistration delay period elapsed for a request being handled by a target that was deregistered.',
    },
    [false],
    seen(({ longStreams }) => longStreams),
  ],
  [
    'not-earlier',
    'a request is not cut before the delay is over',
    waits,
    true,
    seen(({ longEnough }) => longEnough),
  ],
  [
    'again',
    'a target can be registered again after it is gone',
    again,
    'healthy',
    seen(({ registeredAgain }) => registeredAgain),
  ],
  [
    'while-draining',
    'a target can be registered again while it is draining',
    again,
    'healthy',
    seen(({ registeredWhileDraining }) => registeredWhileDraining),
  ],
  ['least', 'a delay of 0 s is accepted', range, true, takes('0')],
  ['most', 'a delay of 3601 s is refused', range, false, takes('3601')],
]);
