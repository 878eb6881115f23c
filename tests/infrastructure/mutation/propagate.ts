import type { Expression, Expressions, Json, Values } from '../plan/document.ts';
import type { PlannedEnvironment, Resource, Stack, StackName } from '../plan/environment.ts';
import { withStack } from './edit.ts';

/**
 * Local values between a resource and those that refer to it; a plan does not show their expressions. Only those that
 * pass on a name or an ARN.
 */
const LOCALS: Readonly<Record<string, readonly string[]>> = {
  'local.certificate_arn': ['aws_acm_certificate_validation.staging'],
  'local.dashboard_graphs': [
    'aws_ecs_cluster.staging',
    'aws_ecs_service.agent',
    'aws_lb.staging',
    'aws_lb_target_group.agent',
  ],
};

/**
 * The consequences of changed texts, as Terraform would plan them: the ARN and id that contain a changed name, and
 * every expression that refers to the resource. Texts that repeat it without a reference stay.
 */
export function propagate(
  before: PlannedEnvironment,
  after: PlannedEnvironment,
  name: StackName,
): PlannedEnvironment {
  const was = new Map(before[name].resources.map((resource) => [resource.address, resource]));
  const changed = after[name].resources.filter((resource) => {
    const old = was.get(resource.address);
    return old && old !== resource;
  });
  if (changed.length === 0) return after;
  let stack = after[name];
  for (const resource of changed) {
    const old = was.get(resource.address) as Resource;
    const block = stack.blocks.get(resource.block);
    const texts = textsChanged(old, resource, block?.configured.expressions ?? {});
    if (texts.size > 0) stack = exchange(stack, resource, texts);
  }
  return withStack(after, name, stack);
}

/** Changed top-level texts, including the name inside computed ones; the longest first. */
function textsChanged(old: Resource, now: Resource, configured: Expressions): Map<string, string> {
  const changed: [string, string][] = [];
  for (const [name, value] of Object.entries(old.values)) {
    const next = now.values[name];
    // A reference to another resource is not passed on here: the users refer to that resource directly.
    if (refersTo(configured[name], (reference) => reference.startsWith('aws_'))) continue;
    if (typeof value === 'string' && typeof next === 'string' && value !== next && value.length > 2) {
      changed.push([value, next]);
    }
  }
  const computed = Object.entries(old.values).flatMap(([name, value]): [string, string][] => {
    if (name in configured || typeof value !== 'string') return [];
    const next = changed.reduce((text, [from, to]) => replaceWhole(text, from, to), value);
    return next === value ? [] : [[value, next]];
  });
  return new Map([...changed, ...computed].toSorted(([a], [b]) => b.length - a.length));
}

function exchange(stack: Stack, { address, block }: Resource, texts: ReadonlyMap<string, string>): Stack {
  const replace = (value: Json): Json => {
    if (typeof value === 'string') {
      let text = value;
      for (const [from, to] of texts) text = replaceWhole(text, from, to);
      return text;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const next = value.map(replace);
      return next.every((item, index) => item === value[index]) ? value : next;
    }
    const next = Object.entries(value).map(([name, item]): [string, Json] => [name, replace(item)]);
    // Unchanged values stay the same object, so that comparing identities is enough.
    return next.every(([name, item]) => item === value[name]) ? value : Object.fromEntries(next);
  };
  const holders = referringData(stack, block);
  const resources = stack.resources.map((resource): Resource => {
    const configured = stack.blocks.get(resource.block)?.configured;
    const values: Values = { ...resource.values };
    const own = resource.address === address;
    for (const [name, value] of Object.entries(values)) {
      const given = configured?.expressions?.[name];
      const follows = own
        ? given === undefined && name !== 'tags_all'
        : given !== undefined && refers(given, block, holders);
      if (follows) values[name] = replace(value);
    }
    // for_each over the other resource: each.value is that resource.
    const overIt =
      !own && configured?.for_each_expression && refers(configured.for_each_expression, block, holders);
    if (overIt) {
      for (const [name, given] of Object.entries(configured.expressions ?? {})) {
        if (refersTo(given, (reference) => reference.startsWith('each.')))
          values[name] = replace(values[name] ?? null);
      }
    }
    const same = Object.entries(values).every(([name, value]) => value === resource.values[name]);
    return same ? resource : { ...resource, values };
  });
  return { ...stack, resources };
}

/** Data sources that contain the block's texts, directly or through other data. */
function referringData(stack: Stack, block: string): Set<string> {
  const holders = new Set<string>();
  for (const one of stack.blocks.values()) {
    const { configured } = one;
    if (configured.mode === 'data' && refers(configured.expressions ?? {}, block, holders))
      holders.add(one.address);
  }
  return holders;
}

function refers(
  given: Json | Expression | Expressions | Expressions[] | undefined,
  block: string,
  holders: ReadonlySet<string>,
): boolean {
  return refersTo(given, (reference) => {
    const to = reference.replace(/\[.*$/, '');
    const isOf = (address: string) => to === address || to.startsWith(`${address}.`);
    if (isOf(block) || [...holders].some(isOf)) return true;
    return (LOCALS[to] ?? []).includes(block);
  });
}

function refersTo(
  given: Json | Expression | Expressions | Expressions[] | undefined,
  fits: (reference: string) => boolean,
): boolean {
  if (typeof given !== 'object' || given === null) return false;
  if (Array.isArray(given)) return given.some((one) => refersTo(one, fits));
  const { references } = given as Expression;
  if (Array.isArray(references)) return references.some(fits);
  return Object.values(given).some((one) => refersTo(one as Expressions, fits));
}

/** Replaces a text only as a whole, not as part of a longer name. */
function replaceWhole(text: string, from: string, to: string): string {
  let result = '';
  let rest = text;
  for (let at = rest.indexOf(from); at !== -1; at = rest.indexOf(from)) {
    const before = at > 0 ? rest[at - 1] : result.at(-1);
    const after = rest[at + from.length];
    const alone = !isWord(before) && !isWord(after);
    result += rest.slice(0, at) + (alone ? to : from);
    rest = rest.slice(at + from.length);
  }
  return result + rest;
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\w-]/.test(character);
}
