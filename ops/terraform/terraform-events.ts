/**
 * One line of `terraform ... -json`; only the fields that are read.
 * https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */
export interface TerraformEvent {
  type: string;
  '@message': string;
  diagnostic?: Diagnostic;
  hook?: { resource?: { addr: string }; action?: string; elapsed_seconds?: number };
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  summary: string;
  detail?: string;
  address?: string;
  range?: { filename: string; start: { line: number } };
}

/** Parses a line; undefined if it is not JSON, such as a crash message. */
export function parseEvent(line: string): TerraformEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<TerraformEvent>;
    return typeof value.type === 'string' && typeof value['@message'] === 'string'
      ? (value as TerraformEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
