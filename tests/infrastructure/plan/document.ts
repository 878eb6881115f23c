/** The part of `terraform show -json` that is read. https://developer.hashicorp.com/terraform/internals/json-format */
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

/** An attribute's expression: its references, or its literal value; blocks contain expressions of their own. */
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

/** The provider's schema of one resource type. */
export interface TypeSchema {
  attributes?: Record<string, { required?: boolean; optional?: boolean; computed?: boolean }>;
  block_types?: Record<string, { block: TypeSchema; min_items?: number; nesting_mode?: string }>;
}

/** Both stacks as planned over the applied environment, so that every value is known. */
export interface Documents {
  provider: string;
  staging: PlanDocument;
  bootstrap: PlanDocument;
  /** AWS actions that the provider called while it created staging, as policies name them. */
  calledToApply: string[];
  /** Schemas of the types that the stacks use. */
  schemas: Record<string, TypeSchema>;
}
