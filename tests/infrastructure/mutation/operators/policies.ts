import type { Json } from '../../plan/document.ts';
import type { PlannedEnvironment } from '../../plan/environment.ts';
import { valueAt } from '../edit.ts';
import { atPlace, type Mutant, type Operator } from '../mutant.ts';
import { containerOf, type Place } from '../places.ts';

type Statement = { [name: string]: Json };
type Changed = readonly [to: string, statement: Statement];

const STRANGER = { AWS: 'arn:aws:iam::999999999999:root' };

const asList = (value: Json | undefined): Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

export const widenAction = onStatements(
  'widen-action',
  'allow every action, every one of the service, or changes of identities',
  (statement) => {
    const actions = asList(statement['Action']).map(String);
    const services = [...new Set(actions.map((action) => `${action.split(':')[0]}:*`))];
    const whole = services.join(' ') === actions.join(' ');
    return [
      ['*', { ...statement, Action: '*' }],
      ...(whole ? [] : [['the whole service', { ...statement, Action: services }] as const]),
      ['and iam:*', { ...statement, Action: [...actions, 'iam:*'] }],
    ];
  },
);

export const widenResource = onStatements(
  'widen-resource',
  'let a statement reach every resource, or every one of the same kind',
  (statement) => {
    const resources = asList(statement['Resource']).map(String);
    const wider = resources.map((arn) => arn.replace(/[^:/]+$/, '*'));
    const changes: Changed[] = [
      ['*', { ...statement, Resource: '*' }],
      ['of every name', { ...statement, Resource: wider }],
    ];
    return changes.filter(
      ([, { Resource }]) =>
        resources.length > 0 && asList(Resource).map(String).join(' ') !== resources.join(' '),
    );
  },
);

export const widenPrincipal = onStatements(
  'widen-principal',
  'let everybody use it, or another account',
  (statement) => {
    const principal = JSON.stringify(statement['Principal'] ?? null);
    if (principal === 'null') return [];
    if (principal.includes('"*"')) return [['another account', { ...statement, Principal: STRANGER }]];
    return [
      ['everybody', { ...statement, Principal: '*' }],
      ['everybody of AWS', { ...statement, Principal: { AWS: '*' } }],
      ['another account', { ...statement, Principal: STRANGER }],
    ];
  },
);

export const loosenCondition = onStatements(
  'loosen-condition',
  'leave out the conditions, compare by pattern, or only when something is there to compare',
  (statement) => {
    const conditions = statement['Condition'];
    if (typeof conditions !== 'object' || conditions === null || Array.isArray(conditions)) return [];
    const { Condition: _, ...without } = statement;
    const each = (change: (operator: string, block: Json) => [string, Json]) =>
      Object.fromEntries(Object.entries(conditions).map(([operator, block]) => change(operator, block)));
    const anything = (block: Json) =>
      Object.fromEntries(Object.keys(block as Statement).map((variable) => [variable, '*']));
    return [
      ['nothing', without],
      [
        'by pattern',
        {
          ...statement,
          Condition: each((operator, block) => [operator.replace('Equals', 'Like'), anything(block)]),
        },
      ],
      [
        'if it is there',
        { ...statement, Condition: each((operator, block) => [`${operator}IfExists`, block]) },
      ],
    ];
  },
);

export const exceptFor = onStatements(
  'except-for',
  'turn a list into its opposite: everything but these',
  ({ Action = [], Resource, ...statement }) => [
    ['NotAction', { ...statement, ...(Resource === undefined ? {} : { Resource }), NotAction: Action }],
    ...(Resource === undefined
      ? []
      : [['NotResource', { ...statement, Action, NotResource: Resource }] as const]),
  ],
);

export const dropStatement: Operator = {
  name: 'drop-statement',
  title: 'leave out a statement of a policy',
  find: (environment, places) =>
    statements(places)
      .filter(({ path }) => typeof path.at(-1) === 'number')
      .map((place) => atPlace(environment, 'drop-statement', place, 'nothing', () => undefined)),
};

export const addStatement: Operator = {
  name: 'add-statement',
  title: 'add a statement that allows everything',
  find: (environment, places) => {
    const policies = new Map<string, Mutant>();
    for (const statement of statements(places)) {
      const policy = containerOf(statement, statement.path.indexOf('Statement') + 1);
      const mutant = atPlace(environment, 'add-statement', policy, 'and everything', (value) => [
        ...asList(value),
        { Effect: 'Allow', Action: '*', Resource: '*' },
      ]);
      policies.set(`${mutant.id} ${[...statement.addresses].join(' ')}`, mutant);
    }
    return [...policies.values()];
  },
};

/** Every statement of every policy, once. */
function statements(places: readonly Place[]): Place[] {
  const found = new Map<string, Place>();
  for (const place of places) {
    const at = place.path.indexOf('Statement');
    if (place.jsonAt === undefined || at === -1) continue;
    // A single statement is an object, several are a list.
    const length = typeof place.path[at + 1] === 'number' ? at + 2 : at + 1;
    const statement = containerOf(place, length);
    found.set(`${[...place.addresses].join(' ')} ${statement.path.join('.')}`, statement);
  }
  return [...found.values()];
}

function onStatements(
  name: string,
  title: string,
  changes: (statement: Statement) => readonly Changed[],
): Operator {
  return {
    name,
    title,
    find: (environment, places) =>
      statements(places).flatMap((place) =>
        changes(statementAt(environment, place)).map(([to, changed]) =>
          atPlace(environment, name, place, to, () => changed),
        ),
      ),
  };
}

function statementAt(environment: PlannedEnvironment, { stack, addresses, path, jsonAt }: Place): Statement {
  const holder = environment[stack].resources.find(({ address }) => addresses.has(address));
  const value = holder && valueAt(holder, path, jsonAt);
  // A list with a single statement is written as the statement itself.
  return (Array.isArray(value) ? value[0] : value) as Statement;
}
