import { expect, test } from 'bun:test';
import { CliError } from '../../base/cli-error.ts';
import { chooseImage } from './choose-image.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const repository = {
  find: async (_: string, revision: string) => {
    if (revision === 'abcdef0') return DIGEST;
    throw new CliError({ what: 'There is no image.', why: '', next: '' });
  },
};
const deploy = { purpose: 'deploy', target: 'agent', deployed: null } as const;

test("a deploy takes the digest under its revision's tag", async () => {
  const image = { digest: DIGEST, revision: 'abcdef0', placeholder: false };
  expect(await chooseImage({ revision: 'abcdef0' }, deploy, repository)).toEqual(image);
  expect(await chooseImage({ revision: 'abcdef0', imageDigest: DIGEST }, deploy, repository)).toEqual(image);
});

test('a deploy of a digest other than the one under the tag is refused', async () => {
  const choice = { revision: 'abcdef0', imageDigest: OTHER };
  expect(chooseImage(choice, deploy, repository)).rejects.toThrow(
    'The image of abcdef0 is not the one to deploy.',
  );
});

test('a review takes the running image, or a placeholder if there is none', async () => {
  const deployed = { digest: OTHER, revision: '1234567' };
  const review = { purpose: 'review', target: 'agent' } as const;
  expect(await chooseImage({ revision: 'abcdef0' }, { ...review, deployed }, repository)).toEqual({
    ...deployed,
    placeholder: false,
  });
  expect(await chooseImage({ revision: 'abcdef0' }, { ...review, deployed: null }, repository)).toMatchObject(
    {
      placeholder: true,
    },
  );
});

test('an invalid revision or digest is refused before any request', async () => {
  for (const revision of ['main', 'ABCDEF0', 'abc', '$(id)', ''])
    expect(chooseImage({ revision }, deploy, repository)).rejects.toThrow('is no revision');
  for (const imageDigest of ['latest', 'sha256:abc', `sha256:${'A'.repeat(64)}`])
    expect(chooseImage({ revision: 'abcdef0', imageDigest }, deploy, repository)).rejects.toThrow(
      'is no digest',
    );
});
