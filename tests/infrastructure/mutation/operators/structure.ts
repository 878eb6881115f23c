import type { Json } from '../../plan/document.ts';
import type { PlannedEnvironment, StackName } from '../../plan/environment.ts';
import { withResources, withStack } from '../edit.ts';
import { atPlace, type Mutant, type Operator } from '../mutant.ts';
import { containerOf, STACK_NAMES, type Place } from '../places.ts';

export const dropBlock: Operator = {
  name: 'drop-block',
  title: 'leave out a nested block, or one of several',
  find: (environment, places) => {
    const blocks = new Map<string, Mutant>();
    for (const place of places) {
      for (const length of blockLengths(place)) {
        const block = containerOf(place, length);
        const mutant = atPlace(environment, 'drop-block', block, 'nothing', () => undefined);
        blocks.set(mutant.id, mutant);
      }
    }
    return [...blocks.values()];
  },
};

export const dropResource: Operator = {
  name: 'drop-resource',
  title: 'leave out a resource to which no other refers',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) =>
      [...environment[stack].blocks.values()]
        .filter(
          ({ configured, address }) =>
            configured.mode === 'managed' && !isReferredTo(environment, stack, address),
        )
        .filter(({ address }) => environment[stack].resources.some(({ block }) => block === address))
        .map(({ address }) => ({
          id: `drop-resource: ${stack} ${address}`,
          operator: 'drop-resource',
          make: () =>
            withResources(environment, stack, (resource) =>
              resource.block === address ? undefined : resource,
            ),
        })),
    ),
};

export const dropInstance: Operator = {
  name: 'drop-instance',
  title: 'leave out one of several instances to which no other refers',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) => {
      const { resources } = environment[stack];
      return resources
        .filter(
          ({ block, key }) => key !== undefined && resources.filter((one) => one.block === block).length > 1,
        )
        .filter(({ block }) => !isReferredTo(environment, stack, block))
        .map(({ address }) => ({
          id: `drop-instance: ${stack} ${address}`,
          operator: 'drop-instance',
          make: () =>
            withResources(environment, stack, (resource) =>
              resource.address === address ? undefined : resource,
            ),
        }));
    }),
};

export const dropDependsOn: Operator = {
  name: 'drop-depends-on',
  title: 'leave out one depends_on',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) =>
      [...environment[stack].blocks.values()].flatMap((block) =>
        block.dependsOn.map((dropped) => ({
          id: `drop-depends-on: ${stack} ${block.address} -> without ${dropped}`,
          operator: 'drop-depends-on',
          make: () => {
            const dependsOn = block.dependsOn.filter((one) => one !== dropped);
            const blocks = new Map(environment[stack].blocks).set(block.address, { ...block, dependsOn });
            return withStack(environment, stack, { blocks });
          },
        })),
      ),
    ),
};

export const swapReference: Operator = {
  name: 'swap-reference',
  title: 'refer to another resource of the same type: another subnet, group, key, role, log group, table',
  find: (environment, places) =>
    places.flatMap((place) => {
      if (typeof place.value !== 'string' || place.value.length < 6 || place.jsonAt !== undefined) return [];
      return othersLike(environment, place.stack, place.value, place.block).map(({ address, value }) =>
        atPlace(environment, 'swap-reference', place, address, () => value),
      );
    }),
};

export const otherOutput: Operator = {
  name: 'other-output',
  title: 'put out another value',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) =>
      Object.entries(environment[stack].outputs).map(([name, value]) => ({
        id: `other-output: ${stack} ${name}`,
        operator: 'other-output',
        make: () =>
          withStack(environment, stack, { outputs: { ...environment[stack].outputs, [name]: wrong(value) } }),
      })),
    ),
};

export const otherDefault: Operator = {
  name: 'other-default',
  title: 'give a variable another default, or one that has none',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) => {
      const { defaults, inputs } = environment[stack];
      const given = Object.keys(inputs).filter((name) => !(name in defaults));
      const changed = Object.entries(defaults).map(([name, value]): [string, Json] => [
        name,
        wrongDefault(value),
      ]);
      const invented = given.map((name): [string, Json] => [name, inputs[name] ?? null]);
      return [...changed, ...invented].map(([name, value]) => ({
        id: `other-default: ${stack} ${name}`,
        operator: 'other-default',
        make: () => withStack(environment, stack, { defaults: { ...defaults, [name]: value } }),
      }));
    }),
};

function wrongDefault(value: Json): Json {
  if (value === '' || value === null) return 'something';
  if (typeof value === 'number') return value * 10;
  if (Array.isArray(value)) return [...value.slice(1), 'x'];
  if (typeof value === 'object' && Object.keys(value).length === 0) return { more: 'something' };
  return typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wrongDefault(item)]))
    : wrong(value);
}

function wrong(value: Json): Json {
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.slice(1);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wrong(item)]));
  }
  return null;
}

/** Path lengths of the blocks within a path: `rule.0` of `rule.0.filter.0.prefix`. */
function blockLengths({ path, jsonAt }: Place): number[] {
  const end = jsonAt ?? path.length;
  return path.flatMap((part, index) =>
    typeof part === 'number' &&
    index > 0 &&
    (index + 1 < end || (index + 1 === end && jsonAt === undefined && index + 1 < path.length))
      ? [index + 1]
      : [],
  );
}

function isReferredTo(environment: PlannedEnvironment, stack: StackName, address: string): boolean {
  const reference = new RegExp(`"${address.replaceAll('.', '\\.')}["[.]`);
  return [...environment[stack].blocks.values()].some(
    ({ configured }) =>
      configured.address !== address &&
      reference.test(JSON.stringify([configured.expressions ?? {}, configured.for_each_expression ?? {}])),
  );
}

/** The same attribute of other resources of the type; at most three. */
function othersLike(
  environment: PlannedEnvironment,
  stack: StackName,
  value: string,
  holder: string,
): { address: string; value: string }[] {
  const { resources } = environment[stack];
  for (const name of ['arn', 'id', 'key_id', 'arn_suffix', 'name']) {
    const owner = resources.find((resource) => resource.values[name] === value && resource.block !== holder);
    if (!owner) continue;
    const seen = new Set([owner.block]);
    return resources
      .filter(({ type, address }) => type === owner.type && address !== owner.address)
      .filter(({ block, key }) => {
        const isNew = !seen.has(block) || key !== undefined;
        seen.add(block);
        return isNew;
      })
      .flatMap((other) => {
        const next = other.values[name];
        return typeof next === 'string' ? [{ address: other.address, value: next }] : [];
      })
      .slice(0, 3);
  }
  return [];
}
