import { Database, type Statement } from 'bun:sqlite';
import { renameSync, writeFileSync } from 'node:fs';

/**
 * A preload script that counts the service's operations, and writes the counts to TURN_COST_FILE on SIGUSR2. Unlike
 * times, counts do not depend on the load of the machine.
 */
const counts = { statements: 0, parsedChars: 0, printedChars: 0, requests: 0 };

const counted = new WeakSet<Statement>();
for (const name of ['query', 'prepare'] as const) {
  const own = Database.prototype[name] as (...of: unknown[]) => Statement;
  Object.assign(Database.prototype, {
    [name](this: Database, ...of: unknown[]) {
      const statement = own.apply(this, of);
      if (!counted.has(statement)) count(statement);
      return statement;
    },
  });
}

/** Wraps the methods of each statement, because bun has no shared prototype to change. */
function count(statement: Statement): void {
  counted.add(statement);
  for (const name of ['get', 'all', 'run', 'values'] as const) {
    const own = statement[name] as (...of: unknown[]) => unknown;
    Object.defineProperty(statement, name, {
      value: (...of: unknown[]) => {
        counts.statements += 1;
        return own.apply(statement, of);
      },
    });
  }
}

const { parse, stringify } = JSON;
JSON.parse = (text, reviver) => {
  counts.parsedChars += text.length;
  return parse(text, reviver) as unknown;
};
JSON.stringify = ((...of: Parameters<typeof stringify>) => {
  const text = stringify(...of) as string | undefined;
  counts.printedChars += text?.length ?? 0;
  return text;
}) as typeof stringify;
const { fetch } = globalThis;
globalThis.fetch = Object.assign((...of: Parameters<typeof fetch>) => {
  counts.requests += 1;
  return fetch(...of);
}, fetch);
process.on('SIGUSR2', () => {
  const file = process.env['TURN_COST_FILE'] ?? '';
  writeFileSync(`${file}.new`, stringify(counts));
  renameSync(`${file}.new`, file);
});
