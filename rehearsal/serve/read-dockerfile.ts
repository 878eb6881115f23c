/** How a Dockerfile stage's image runs. */
export interface StageSettings {
  env: Record<string, string>;
  command: string[];
}

/**
 * ENV and CMD of a stage, without those of its base. Supports what our Dockerfile uses: line continuations, ENV of
 * name=value words, CMD as a JSON list; without build arguments.
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
