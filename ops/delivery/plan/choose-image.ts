import { CliError, EXIT } from '../../base/cli-error.ts';
import type { ImageRepository, ImageTarget } from '../image/repository.ts';
import type { DeployedImage, PlanRecord } from '../manifest.ts';

export interface ImageChoice {
  /** 7 to 40 hexadecimal digits; default: the first 12 of the checked-out commit. */
  revision?: string | undefined;
  /** sha256:...; looked up by the revision if left out or empty. */
  imageDigest?: string | undefined;
}

interface Where {
  purpose: PlanRecord['purpose'];
  target: ImageTarget;
  /** The running image, according to the state. */
  deployed: DeployedImage | null;
}

/** Placeholder for an image if none was ever deployed; such a plan is read-only. */
const PLACEHOLDER = `sha256:${'0'.repeat(64)}`;

/**
 * The image of a plan. A deploy takes the digest under its revision's tag; if a digest is given too, both must match. A
 * review takes the running image, so that it shows only the effect of the change itself.
 */
export async function chooseImage(
  choice: ImageChoice & { revision: string },
  { purpose, target, deployed }: Where,
  repository: Pick<ImageRepository, 'find'>,
): Promise<PlanRecord['image']> {
  const { revision, imageDigest } = choice;
  if (!/^[0-9a-f]{7,40}$/.test(revision)) {
    throw usage(`"${revision}" is no revision.`, 'A revision is a commit: 7 to 40 hexadecimal digits.');
  }
  if (imageDigest && !/^sha256:[0-9a-f]{64}$/.test(imageDigest)) {
    throw usage(
      `"${imageDigest}" is no digest.`,
      'A digest is sha256: and 64 hexadecimal digits; a tag can be moved.',
    );
  }
  if (purpose === 'review') {
    return deployed
      ? { ...deployed, placeholder: false }
      : { digest: PLACEHOLDER, revision: '0000000', placeholder: true };
  }
  const digest = await repository.find(target, revision);
  if (imageDigest && imageDigest !== digest) {
    throw new CliError({
      what: `The image of ${revision} is not the one to deploy.`,
      why: `The repository has ${digest} under its tag, and ${imageDigest} was to be deployed.`,
      next: 'Deploy the digest that the publishing job printed, or leave --image-digest out.',
    });
  }
  return { digest, revision, placeholder: false };
}

function usage(what: string, why: string): CliError {
  return new CliError({
    what,
    why,
    next: './lornu rollback --list shows revisions and their digests.',
    exitCode: EXIT.usage,
  });
}
