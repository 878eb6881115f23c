import type {
  ConfiguredResource,
  Documents,
  Json,
  PlanDocument,
  PlannedResource,
  TypeSchema,
  Values,
} from './document.ts';

/** One planned resource: an instance of a block. */
export interface Resource {
  /** aws_subnet.private["a"] */
  address: string;
  /** aws_subnet.private: the block in the files, shared by its instances. */
  block: string;
  type: string;
  key: string | undefined;
  values: Values;
}

/** Settings of a block besides its values. */
export interface Block {
  address: string;
  type: string;
  dependsOn: readonly string[];
  configured: ConfiguredResource;
  schema: TypeSchema;
}

export interface Stack {
  resources: readonly Resource[];
  /** Policy documents and other data; their values were read while planning. */
  data: readonly Resource[];
  blocks: ReadonlyMap<string, Block>;
  outputs: Readonly<Record<string, Json>>;
  /** The values of the variables of the plan. */
  inputs: Readonly<Record<string, Json>>;
  /** Default values of the variables; required variables are absent. */
  defaults: Readonly<Record<string, Json>>;
}

export type StackName = 'staging' | 'bootstrap';

/** Both stacks as plain data: checks read it, and mutants change copies of it. */
export interface PlannedEnvironment {
  staging: Stack;
  bootstrap: Stack;
  /** AWS actions that the provider called while it created staging, as policies name them. */
  calledToApply: readonly string[];
}

/** The environment that these plans describe. */
export function readEnvironment(documents: Documents): PlannedEnvironment {
  return {
    staging: readStack(documents.staging, documents.schemas),
    bootstrap: readStack(documents.bootstrap, documents.schemas),
    calledToApply: documents.calledToApply,
  };
}

function readStack(plan: PlanDocument, schemas: Documents['schemas']): Stack {
  const { resources: planned = [] } = plan.planned_values.root_module;
  const { resources: known = [] } = plan.prior_state?.values?.root_module ?? {};
  const configured = plan.configuration.root_module.resources ?? [];
  return {
    resources: planned.filter(({ mode }) => mode === 'managed').map(toResource),
    data: known.filter(({ mode }) => mode === 'data').map(toResource),
    blocks: new Map(
      configured.map((one) => [
        one.address,
        {
          address: one.address,
          type: one.type,
          dependsOn: one.depends_on ?? [],
          configured: one,
          schema: schemas[one.type] ?? {},
        },
      ]),
    ),
    outputs: Object.fromEntries(
      Object.entries(plan.planned_values.outputs ?? {}).map(([name, { value = null }]) => [name, value]),
    ),
    defaults: Object.fromEntries(
      Object.entries(plan.configuration.root_module.variables ?? {}).flatMap(([name, declared]) =>
        'default' in declared ? [[name, declared.default ?? null]] : [],
      ),
    ),
    inputs: Object.fromEntries(
      Object.entries(plan.variables ?? {}).map(([name, { value = null }]) => [name, value]),
    ),
  };
}

function toResource({ address, type, index, values }: PlannedResource): Resource {
  const key = index === undefined ? undefined : String(index);
  return {
    address,
    block: key === undefined ? address : address.replace(/\[[^\]]*\]$/, ''),
    type,
    key,
    values,
  };
}
