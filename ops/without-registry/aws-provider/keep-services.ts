/** The generated list of service packages with only these services left; every other line stays. */
export function keepServices(source: string, module: string, services: ReadonlySet<string>): string {
  const imported = new RegExp(`^\\s+"${RegExp.escape(module)}/internal/service/(\\w+)"$`);
  const called = /^\s+(\w+)\.ServicePackage\(ctx\),$/;
  const kept: string[] = [];
  const missing = new Set(services);
  for (const line of source.split('\n')) {
    const name = (imported.exec(line) ?? called.exec(line))?.[1];
    if (name !== undefined && !services.has(name)) continue;
    if (name !== undefined) missing.delete(name);
    kept.push(line);
  }
  if (missing.size > 0) throw new Error(`the provider has no service ${[...missing].join(', ')}`);
  return kept.join('\n');
}
