import { isIPv4 } from 'node:net';
import type { Json } from '../../plan/document.ts';
import { isWords } from '../../plan/leaves.ts';
import { atPlace, shown, type Mutant, type Operator } from '../mutant.ts';
import type { Place } from '../places.ts';

/** Weaker settings for a value. */
const WEAKER: Readonly<Record<string, readonly string[]>> = {
  HTTPS: ['HTTP'],
  verify: ['passthrough', 'off'],
  IMMUTABLE: ['MUTABLE'],
  Enabled: ['Disabled', 'Suspended'],
  ENABLED: ['DISABLED'],
  ALL: ['ACCEPT', 'REJECT'],
  DROP: ['KEEP'],
  KEEP: ['DROP'],
  defensive: ['monitor'],
  'fixed-response': ['forward'],
  'jwt-validation': ['forward'],
  'ELBSecurityPolicy-TLS13-1-2-Res-2021-06': [
    'ELBSecurityPolicy-2016-08',
    'ELBSecurityPolicy-TLS13-1-0-2021-06',
  ],
  BucketOwnerEnforced: ['BucketOwnerPreferred', 'ObjectWriter'],
  enhanced: ['disabled', 'enabled'],
  GreaterThanThreshold: ['LessThanThreshold', 'GreaterThanOrEqualToThreshold'],
  LessThanThreshold: ['GreaterThanThreshold', 'LessThanOrEqualToThreshold'],
  notBreaching: ['missing', 'breaching'],
  breaching: ['missing', 'notBreaching'],
  PRIMARY: ['SECONDARY'],
  SECONDARY: ['PRIMARY'],
  Interface: ['Gateway'],
  awslogs: ['none'],
  'non-blocking': ['blocking'],
  CMD: ['NONE', 'CMD-SHELL'],
  'single-string': ['string-array'],
  MEETS_ANY: ['MEETS_ALL'],
  tcp: ['-1', 'udp'],
  udp: ['-1', 'tcp'],
  '10001:10001': ['0:0', 'root'],
  LATEST: ['1.3.0'],
  FARGATE: ['EC2'],
  awsvpc: ['host', 'bridge'],
  ARM64: ['X86_64'],
  Deny: ['Allow'],
  Allow: ['Deny'],
};
/** Numbers and addresses are changed by operators of their own. */
const NUMBER = /^\d+$/;
const RANGE = /^\d+\.\d+\.\d+\.\d+\/\d+$/;
const PORT_NAMES = new Set(['from_port']);

const texts = (places: readonly Place[]) =>
  places.filter((place): place is Place & { value: string } => typeof place.value === 'string');

export const flipFlag: Operator = {
  name: 'flip-flag',
  title: 'turn a switch over',
  find: (environment, places) =>
    places
      .filter(({ value }) => typeof value === 'boolean')
      .map((place) => atPlace(environment, 'flip-flag', place, String(!place.value), (value) => !value)),
};

export const moveNumber: Operator = {
  name: 'move-number',
  title: 'move a number past its bound, up and down (four times, a quarter; 0 becomes 1 and -1)',
  find: (environment, places) =>
    places.filter(isNumber).flatMap((place) => {
      const factors: [string, (from: number) => number][] = [
        ['more', (from) => (from === 0 ? 1 : from * 4)],
        ['less', (from) => (from === 0 ? -1 : Math.floor(from / 4))],
      ];
      return factors.map(([name, move]) =>
        atPlace(environment, 'move-number', place, name, (value) => {
          const moved = move(Number(value));
          return typeof value === 'string' ? String(moved) : moved;
        }),
      );
    }),
};

export const nudgeNumber: Operator = {
  name: 'nudge-number',
  title: 'move a number that others are compared with by one (ports, counts, priorities)',
  find: (environment, places) =>
    places
      .filter(isNumber)
      .filter(({ path }) =>
        /port|Port|count$|_count|capacity|percent|priority|Threshold|order/.test(String(path.at(-1))),
      )
      .map((place) =>
        atPlace(environment, 'nudge-number', place, '+1', (value) =>
          typeof value === 'string' ? String(Number(value) + 1) : Number(value) + 1,
        ),
      ),
};

export const openPort: Operator = {
  name: 'open-port',
  title: 'begin a range of ports at 0',
  find: (environment, places) =>
    places
      .filter(({ path }) => PORT_NAMES.has(String(path.at(-1))))
      .map((place) => atPlace(environment, 'open-port', place, '0', () => 0)),
};

export const widenRange: Operator = {
  name: 'widen-range',
  title: 'make a range of addresses everybody, or twice as large',
  find: (environment, places) =>
    texts(places)
      .filter(({ value }) => RANGE.test(value))
      .flatMap((place) => {
        const all = place.value === '0.0.0.0/0';
        const [address = '', bits = ''] = place.value.split('/');
        const wider = all ? [] : ['0.0.0.0/0', `${address}/${Number(bits) - 1}`];
        const others = all ? ['10.0.0.0/8'] : ['192.0.2.0/24'];
        return [...wider, ...others].map((to) => atPlace(environment, 'widen-range', place, to, () => to));
      }),
};

export const weakenValue: Operator = {
  name: 'weaken-value',
  title: 'choose a weaker setting from the list of those that a value has',
  find: (environment, places) =>
    texts(places).flatMap((place) =>
      (WEAKER[place.value] ?? []).map((to) => atPlace(environment, 'weaken-value', place, to, () => to)),
    ),
};

export const otherText: Operator = {
  name: 'other-text',
  title: 'write another text: a name, a path, a metric, an address that others refer to',
  find: (environment, places) =>
    texts(places)
      .filter((place) => !NUMBER.test(place.value) && !RANGE.test(place.value) && !isWords(place))
      .map((place) => atPlace(environment, 'other-text', place, 'another', () => another(place.value))),
};

export const dropValue: Operator = {
  name: 'drop-value',
  title: 'leave out a setting that the provider does not demand',
  find: (environment, places) =>
    places
      .filter(({ required, path, value }) => !required && !isElement(path) && typeof value !== 'object')
      .map((place) => atPlace(environment, 'drop-value', place, 'nothing', () => undefined)),
};

export const dropElement: Operator = {
  name: 'drop-element',
  title: 'leave one out of a list',
  find: (environment, places) =>
    places
      .filter(({ path }) => isElement(path))
      .map((place) =>
        atPlace(environment, 'drop-element', place, `without ${shown(stable(place.value))}`, () => undefined),
      ),
};

export const addElement: Operator = {
  name: 'add-element',
  title: 'add a stranger to a list',
  find: (environment, places) => {
    const lists = new Map<string, Mutant>();
    for (const place of texts(places)) {
      if (!isElement(place.path)) continue;
      const list = { ...place, path: place.path.slice(0, -1) };
      const mutant = atPlace(environment, 'add-element', list, 'and a stranger', (value) =>
        Array.isArray(value) ? [...value, stranger(place.value)] : value,
      );
      lists.set(mutant.id, mutant);
    }
    return [...lists.values()];
  },
};

/** A wrong text in a valid form. */
function another(value: string): string {
  if (isIPv4(value)) return '198.51.100.99';
  if (value.includes('@') && !value.includes('sha256')) return `stranger.${value}`;
  if (value.startsWith('https://')) return value.replace('https://', 'https://not-');
  return value.length > 1 ? `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}` : 'x';
}

function stranger(like: string): string {
  if (like.includes('@')) return like.replace(/^[^@]+/, 'stranger');
  if (RANGE.test(like)) return '198.51.100.0/24';
  return `${like}-stranger`;
}

/** Removes ids of one run, which must not be part of a mutant's name. */
function stable(value: Json): Json {
  return typeof value === 'string' ? value.replace(/[0-9a-f]{8,}(-[0-9a-f-]+)?/g, '...') : value;
}

function isElement(path: Place['path']): boolean {
  return typeof path.at(-1) === 'number';
}

function isNumber({ value, path }: Place): boolean {
  if (typeof value === 'number') return true;
  // Ids and versions are not amounts.
  return (
    typeof value === 'string' &&
    NUMBER.test(value) &&
    !/version|Version|status_code|matcher/.test(String(path.at(-1)))
  );
}
