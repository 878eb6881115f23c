import { parseExactly } from './exact-json.ts';
import { type FunctionDeclaration, isObject, type JsonSchema, type Part } from './request.ts';

type FunctionCall = NonNullable<Part['functionCall']>;

/**
 * Arguments for a declared function: required strings become `text`, other required values the smallest of their type.
 */
export function fillArguments(declaration: FunctionDeclaration, text: string): Record<string, unknown> {
  const schema =
    declaration.parametersJsonSchema ?? declaration.parameters_json_schema ?? declaration.parameters;
  const args: Record<string, unknown> = {};
  for (const name of schema?.required ?? []) {
    args[name] = smallestValue(schema?.properties?.[name], text);
  }
  return args;
}

/**
 * Parses "call NAME with {json}" (several, joined by "and"), with which a person or test can trigger any call. Invalid
 * JSON becomes no arguments, as a model might send. Undefined if there is no "call".
 */
export function readCalls(step: string): FunctionCall[] | undefined {
  const calls: FunctionCall[] = [];
  for (const match of step.matchAll(/\bcall ([a-z_]\w*)(?: with (?=\{))?/gi)) {
    const rest = step.slice(match.index + match[0].length);
    calls.push({ name: match[1] ?? '', args: rest.startsWith('{') ? leadingObject(rest) : {} });
  }
  return calls.length > 0 ? calls : undefined;
}

function smallestValue(schema: JsonSchema | undefined, text: string): unknown {
  if (schema?.enum?.length) {
    return (
      schema.enum.find((value) => text.toLowerCase().includes(String(value).toLowerCase())) ?? schema.enum[0]
    );
  }
  switch (schema?.type?.toLowerCase() ?? 'string') {
    case 'integer':
    case 'number':
      return Number(/\d+/.exec(text)?.[0] ?? 1);
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return text;
  }
}

function leadingObject(text: string): Record<string, unknown> {
  for (let end = text.indexOf('}'); end !== -1; end = text.indexOf('}', end + 1)) {
    try {
      const value: unknown = parseExactly(text.slice(0, end + 1));
      return isObject(value) ? value : {};
    } catch {
      // The brace closed an inner object: try the next one.
    }
  }
  return {};
}
