import { meaningOf, VARIABLES, type VariableName } from './variables.ts';

/** One row of the table that `lornu doctor` prints. */
export interface VariableRow {
  name: VariableName;
  meaning: string;
  form: string;
  /** The default as text; left out if there is none. */
  default?: string;
  secret: boolean;
}

/** Every variable of the schema in order, without values. */
export function describeConfig(): VariableRow[] {
  const defaults: Record<string, unknown> = VARIABLES.parse({});
  return (Object.keys(VARIABLES.shape) as VariableName[]).map((name) => {
    const { meaning, form, secret } = meaningOf(name);
    const value = defaults[name];
    return {
      name,
      meaning,
      form,
      ...(value === undefined ? {} : { default: typeof value === 'string' ? value : JSON.stringify(value) }),
      secret: secret === true,
    };
  });
}
