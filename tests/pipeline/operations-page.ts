import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Commands inside a sentence of the page that are not run with it, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'aws sso login': 'signs a person in at a browser',
  'terraform login': 'signs a person in at a browser',
  './lornu setup': 'the suite first-time does what it does, from empty accounts',
  './lornu setup --check': 'the suite first-time runs it as ./lornu setup hcp --check',
  './lornu setup hcp': 'the suite first-time runs it',
  './lornu test unit': 'is the suite unit itself',
  './lornu test breaks': 'is the suite breaks itself',
  './lornu doctor': 'asks a model, which ops/doctor tests by its stand-in',
  './lornu verify': 'stands for ./lornu verify URL',
  './lornu verify URL': 'the suite verify runs it, and the workflow on the whole stack (all/staging.test.ts)',
  './lornu rehearse serve': 'the suite rehearsal runs it',
  './lornu rehearse apply': 'the suite breaks runs it',
  './lornu rehearse break': 'the suite breaks plays every break',
  './lornu rehearse break nat-gone --during-deploy': 'the suite breaks runs it',
  './lornu drill': 'the suite breaks runs it',
  './lornu drill --history': 'the suite breaks runs it',
  './lornu drill --url https://agent.lornu.ai --token-file token':
    'asks first: cli/commands/drill.test.ts runs it to the question, ops/verify/fail-over.test.ts what comes after a yes',
  'aws secretsmanager restore-secret': 'the break secret-gone does it by the same call',
  'aws acm describe-certificate': 'only reads; ACM renews by itself, which nothing here can do',
  './lornu rehearse break --list': 'cli/commands/rehearse-break.test.ts runs it',
  './lornu secrets set NAME': 'is run with a name, above it on the page',
  ...Object.fromEntries(
    [
      'list --sort tokens',
      'stop RUN',
      'stop --user USER',
      'stop --app lornu',
      'stop --all',
      'refuse --sentence "Back at noon." --retry-after 3600',
      'allow',
    ].map((one) => [`./lornu runs ${one}`, 'tests/runs/operator.test.ts runs it, at two processes']),
  ),
  './lornu runs shadow --url https://aws-staging.lornu.ai --token-file token':
    'tests/evaluation/shadow.test.ts runs it, beside a service of its own',
  './lornu replay': 'tests/evaluation runs it, on the same conversations',
  'lornu deploy': 'is run as ./lornu deploy, above it on the page',
};

export interface OperationsPage {
  /** Languages of its fenced blocks. */
  fences: string[];
  /** Lines of its sh blocks, in order. */
  commands: string[];
  /** Commands in its sentences. */
  mentioned: string[];
}

/** The commands of docs/operations.md. */
export async function readOperationsPage(root: string): Promise<OperationsPage> {
  const text = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)];
  const prose = text.replace(/^```\S*\n[\s\S]*?^```$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return {
    fences: blocks.map(([, language = '']) => language),
    commands: blocks.flatMap(([, , block = '']) => block.split('\n').filter(Boolean)),
    mentioned: [
      ...new Set(
        spans.filter((span) => /^(\.\/lornu|lornu|aws|terraform|openssl|git|gh|cosign) /.test(span)),
      ),
    ],
  };
}
