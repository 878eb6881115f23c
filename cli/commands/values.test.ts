import { describe, expect, test } from 'bun:test';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { runCaptured } from '../captured-run.ts';

const HTTPS = 'It takes an https:// address';
const FILE = 'There is no such file.';
const REVISION = 'It takes the first 7 to 40 hexadecimal digits of a commit.';
const ABOVE_0 = 'It takes a number above 0.';

/** Command lines with one invalid value (the last word), and the sentence that refuses it. */
const REFUSED: readonly [line: string, sentence: string][] = [
  ['verify nonsense', HTTPS],
  ['verify aws-staging.lornu.ai', HTTPS],
  ['verify https://', HTTPS],
  ['verify http://aws-staging.lornu.ai', HTTPS],
  ['verify https://a.example --connect nonsense', 'It takes host:port.'],
  ['verify https://a.example --connect-http a.example:99999', 'It takes host:port.'],
  ['verify https://a.example --revision newest', REVISION],
  ['drill --region moon', 'It takes a region such as us-east-1.'],
  ['eval --url nonsense', HTTPS],
  ['replay --url ftp://a.example', HTTPS],
  ['record --url nonsense', HTTPS],
  ['runs --url nonsense', HTTPS],
  ['record --file /nowhere/session.json', FILE],
  ['record --file /', 'It is a folder, not a file.'],
  ['plan --var-file /nowhere/x.tfvars', FILE],
  ['drift --var-file /nowhere/x.tfvars', FILE],
  ['rollback --var-file /nowhere/x.tfvars', FILE],
  ['rehearse --var-file /nowhere/x.tfvars', FILE],
  ['rehearse apply --var-file /nowhere/x.tfvars', FILE],
  ['rehearse --var nonsense', 'It takes name=value.'],
  ['rehearse apply --var =1', 'It takes name=value.'],
  ['plan --revision main', REVISION],
  ['deploy --revision main', REVISION],
  ['rollback main', REVISION],
  ['deploy --connect-to nonsense', 'It takes host:port.'],
  ['deploy --ca-file /nowhere/ca.pem', FILE],
  ['deploy --interval Infinity', ABOVE_0],
  ['deploy --timeout 0', ABOVE_0],
  ['replay --live --max-cost free', ABOVE_0],
  ['replay --live --alpha 1', 'It takes a number between 0 and 1.'],
  ['image build --platform nonsense', 'It takes os/arch, such as linux/arm64.'],
  ['conformance --from nonsense', 'It takes IPv4 addresses such as 203.0.113.0/24.'],
  ['setup --account 1234', 'It takes the 12 digits of an AWS account.'],
  ['setup --reviewer a/b', 'It takes the name of one account at GitHub.'],
  ['up --port abc', 'It takes a whole number from 0 to 65535.'],
  ['bench --rounds x', 'It takes a whole number from 1 to 99999.'],
  ['bench --rounds 1.5', 'It takes a whole number from 1 to 99999.'],
];

describe('an invalid value is refused as usage, before the command does anything', () => {
  test.each(REFUSED)('lornu %s', async (line, sentence) => {
    const words = line.split(' ');
    const { code, stdout, stderr } = await runCaptured(words);
    expect([code, stdout]).toEqual([EXIT.usage, '']);
    expect(stderr).toMatch(/^error: (option|command-argument value) /);
    expect(stderr).toContain(`'${words.at(-1)}'`);
    expect(stderr).toContain(sentence);
    expect(stderr).toEndWith('(--help lists commands and options)\n');
  });
});
