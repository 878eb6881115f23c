/** What a stage of a Dockerfile says about how its image runs. */
export interface StageSettings {
  env: Record<string, string>;
  command: string[];
}

/**
 * ENV and CMD of a stage that is built on a base without either, or on one whose are not wanted. Reads what our Dockerfile
 * uses: lines that go on with a backslash, ENV of name=value words, CMD as a JSON list; build arguments stay out.
 */
export function readStage(dockerfile: string, stage: string): StageSettings {
  const lines = dockerfile
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  const begin = lines.findIndex((line) => new RegExp(`^FROM .* AS ${stage}$`).test(line));
  if (begin === -1) throw new Error(`the Dockerfile has no stage ${stage}`);
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => line.startsWith('FROM '));
  const own = end === -1 ? rest : rest.slice(0, end);
  const env: Record<string, string> = {};
  for (const line of own.filter((one) => one.startsWith('ENV '))) {
    for (const word of line.slice(4).trim().split(/\s+/)) {
      const at = word.indexOf('=');
      const value = word.slice(at + 1);
      if (!value.includes('$')) env[word.slice(0, at)] = value;
    }
  }
  const command = own.find((line) => line.startsWith('CMD '));
  if (!command) throw new Error(`stage ${stage} has no CMD`);
  return { env, command: JSON.parse(command.slice(4)) as string[] };
}
