import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../command-table.ts';

const root = join(import.meta.dir, '../..');
const page = await Bun.file(join(root, 'docs/first-day.md')).text();
const staging = async (file: string) => Bun.file(join(root, 'terraform/aws/staging', file)).text();

describe('docs/first-day.md', () => {
  test('contains only existing commands and links', () => {
    const shown = [...page.matchAll(/\.?\/?lornu (\w+)/g)].map(([, name = '']) => name);
    const known = COMMANDS.map(({ name }) => name);
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, 'docs', link)))).toEqual([]);
  });

  test('sets an existing alarm, and none that would roll a deployment back', async () => {
    const [alarms, ecs] = [await staging('alarms.tf'), await staging('ecs.tf')];
    const names = new Map(
      [
        ...alarms.matchAll(
          /"aws_cloudwatch_metric_alarm" "(\w+)" \{\n\s+alarm_name\s+= "\$\{local\.name\}-([\w-]+)"/g,
        ),
      ].map(([, resource = '', name = '']) => [`lornu-staging-${name}`, resource]),
    );
    const set = [...page.matchAll(/--alarm-name (\S+)/g)].map(([, name = '']) => name);
    expect(set.length).toBeGreaterThan(0);
    for (const name of set) {
      expect([...names.keys()]).toContain(name);
      expect(ecs).not.toContain(`aws_cloudwatch_metric_alarm.${names.get(name)}.`);
    }
  });
});
