import { Indexes, type CompositeIndex, type Direction, type FieldIndexes, type Scope } from './indexes.ts';
import { readLiteral, readTerraformBlocks, type Literal, type TerraformBlock } from './terraform-blocks.ts';
import type { ConcurrencyMode } from './transactions.ts';

const FILE = new URL('../../terraform/gcp/staging/firestore.tf', import.meta.url);

/** The indexes of staging's database in Terraform, and its exemptions from the automatic ones. */
export async function stagingIndexes(): Promise<Indexes> {
  return readIndexes(await Bun.file(FILE).text());
}

/** The concurrency mode of staging's database in Terraform. */
export async function stagingConcurrencyMode(): Promise<ConcurrencyMode> {
  return readConcurrencyMode(await Bun.file(FILE).text());
}

/** The `concurrency_mode` of the only database in a Terraform file; default: PESSIMISTIC, like Firestore's. */
export function readConcurrencyMode(text: string): ConcurrencyMode {
  const [database, ...others] = instancesIn(text)('google_firestore_database');
  if (!database || others.length > 0) throw new Error('The file has to make one google_firestore_database.');
  const mode = textOf(database, 'concurrency_mode') ?? 'PESSIMISTIC';
  if (mode !== 'PESSIMISTIC' && mode !== 'OPTIMISTIC')
    throw new Error(`The stand-in does not know this concurrency_mode: ${mode}`);
  return mode;
}

/** The indexes in a Terraform file: its google_firestore_field and google_firestore_index. */
export function readIndexes(text: string): Indexes {
  const ofType = instancesIn(text);
  return new Indexes(
    ofType('google_firestore_field').flatMap(fieldIndexes),
    ofType('google_firestore_index').map(compositeIndex),
  );
}

interface Instance {
  block: TerraformBlock;
  scope: Record<string, Literal>;
}

/** Finds the resources of a type. */
function instancesIn(text: string): (type: string) => Instance[] {
  const resources = readTerraformBlocks(text).filter(({ type }) => type === 'resource');
  return (type) => resources.filter(({ labels }) => labels[0] === type).flatMap(instancesOf);
}

/** One instance for each element of for_each. */
function instancesOf(block: TerraformBlock): Instance[] {
  const each = block.expressions.get('for_each');
  if (each === undefined) return [{ block, scope: {} }];
  const elements = readLiteral(each);
  if (typeof elements === 'string') throw new Error(`for_each is not understood: ${each}`);
  const pairs = Array.isArray(elements)
    ? elements.map((one) => [one, one] as const)
    : Object.entries(elements);
  return pairs.map(([key, value]) => ({ block, scope: { 'each.key': key, 'each.value': value } }));
}

function textOf({ block, scope }: Instance, argument: string): string | undefined {
  const expression = block.expressions.get(argument);
  if (expression === undefined) return undefined;
  const value = readLiteral(expression, scope);
  if (typeof value !== 'string') throw new Error(`${argument} is not a text: ${expression}`);
  return value;
}

/** Without an index_config the automatic indexes stay. */
function fieldIndexes(instance: Instance): FieldIndexes[] {
  const config = instance.block.blocks.find(({ type }) => type === 'index_config');
  if (!config) return [];
  const indexes = config.blocks.map((block) => ({
    direction: directionOf({ ...instance, block }),
    scope: scopeOf({ ...instance, block }),
  }));
  return [
    { collection: textOf(instance, 'collection') ?? '', field: textOf(instance, 'field') ?? '', indexes },
  ];
}

function compositeIndex(instance: Instance): CompositeIndex {
  const fields = instance.block.blocks
    .filter(({ type }) => type === 'fields')
    .map((block) => ({
      path: textOf({ ...instance, block }, 'field_path') ?? '',
      direction: directionOf({ ...instance, block }),
    }));
  return { collection: textOf(instance, 'collection') ?? '', scope: scopeOf(instance), fields };
}

const directionOf = (instance: Instance): Direction =>
  (textOf(instance, 'array_config') ?? textOf(instance, 'order') ?? 'ASCENDING') as Direction;
const scopeOf = (instance: Instance): Scope => (textOf(instance, 'query_scope') ?? 'COLLECTION') as Scope;
