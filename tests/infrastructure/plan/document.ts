/** What `terraform show -json` prints, as far as it is read here. https://developer.hashicorp.com/terraform/internals/json-format */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Values = { [key: string]: Json };

export interface PlannedResource {
  address: string;
  mode: 'managed' | 'data';
  type: string;
  name: string;
  /** The key of for_each. */
  index?: string | number;
  values: Values;
}

/** An attribute's expression: what it refers to, or its literal value; blocks hold expressions of their own. */
export interface Expressions {
  [name: string]: Json | Expression | Expressions | Expressions[];
}
export interface Expression {
  references?: string[];
  constant_value?: Json;
}

export interface ConfiguredResource {
  address: string;
  mode: 'managed' | 'data';
  type: string;
  name: string;
  expressions?: Expressions;
  for_each_expression?: Expression;
  depends_on?: string[];
}

export interface PlanDocument {
  variables?: Record<string, { value?: Json }>;
  planned_values: {
    outputs?: Record<string, { value?: Json; sensitive?: boolean }>;
    root_module: { resources?: PlannedResource[] };
  };
  prior_state?: { values?: { root_module: { resources?: PlannedResource[] } } };
  configuration: {
    root_module: {
      resources?: ConfiguredResource[];
      variables?: Record<string, { default?: Json }>;
    };
  };
}

/** What the provider says of the attributes of one resource type. */
export interface TypeSchema {
  attributes?: Record<string, { required?: boolean; optional?: boolean; computed?: boolean }>;
  block_types?: Record<string, { block: TypeSchema; min_items?: number; nesting_mode?: string }>;
}

/** Both stacks as planned over what was applied, so that every value is known. */
export interface Documents {
  provider: string;
  staging: PlanDocument;
  bootstrap: PlanDocument;
  /** Actions of AWS that the provider called while it made staging, as policies name them. */
  calledToApply: string[];
  /** Of the types that the stacks use. */
  schemas: Record<string, TypeSchema>;
}
