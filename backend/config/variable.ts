import { z } from 'zod';

/** What `lornu doctor` and the documentation print about one variable. */
export interface VariableMeaning {
  meaning: string;
  /** The expected form, for error messages: short, without the name. */
  form: string;
  secret?: true;
}

/** Descriptions by schema: each variable is described where it is declared. */
export const meanings = z.registry<VariableMeaning>();

/** Declares one variable of the environment. Variables may share a schema: each gets a copy, with its own meaning. */
export function variable<T extends z.ZodType>(schema: T, meaning: VariableMeaning): T {
  const own = schema.clone();
  meanings.add(own, meaning);
  return own;
}

export const positiveInt = (defaultValue: number) => z.coerce.number().int().positive().default(defaultValue);
/** US dollars; none where it is left out. */
export const dollars = z.coerce.number().positive().max(1e9).optional();
export const share = z.coerce.number().min(0).max(1).optional();
export const flag = z.enum(['0', '1']).default('0');
export const httpUrl = z.url({ protocol: /^https?$/ });
export const port = z.coerce.number().int().min(0).max(65_535);
