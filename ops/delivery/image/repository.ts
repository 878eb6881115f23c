import {
  ECR,
  ImageNotFoundException,
  paginateDescribeImages,
  RepositoryNotFoundException,
  type ImageDetail,
} from '@aws-sdk/client-ecr';
import { CliError } from '../../base/cli-error.ts';
import { explainAws } from '../aws/explain-aws.ts';
import type { DeployedImage } from '../manifest.ts';

/** The repository that terraform/aws/bootstrap creates. */
export const REPOSITORY = 'lornu-agent';
export type ImageTarget = 'agent' | 'gcp-agent';

/** The Dockerfile target that staging runs, from the stack's variable agent_runtime. */
export function targetOf(variables: Readonly<Record<string, unknown>>): ImageTarget {
  return variables['agent_runtime'] === 'fastapi' ? 'gcp-agent' : 'agent';
}

/** The tag of a revision's image; tags are immutable in that repository. */
export function tagOf(target: ImageTarget, revision: string): string {
  return `${target}-${revision}`;
}

export interface PushedImage extends DeployedImage {
  pushedAt: string;
}

/** The repository, accessed with the environment's credentials. */
export interface ImageRepository {
  /** The digest under a revision's tag; throws CliError if there is none. */
  find: (target: ImageTarget, revision: string) => Promise<string>;
  /** Throws CliError if no image has this digest. */
  requireDigest: (digest: string) => Promise<void>;
  /** Images by revision, newest first. */
  list: (target: ImageTarget) => Promise<PushedImage[]>;
}

export function openRepository(client: ECR = new ECR()): ImageRepository {
  const describe = async (imageId: {
    imageTag?: string;
    imageDigest?: string;
  }): Promise<ImageDetail | undefined> => {
    try {
      const { imageDetails = [] } = await client.describeImages({
        repositoryName: REPOSITORY,
        imageIds: [imageId],
      });
      return imageDetails[0];
    } catch (error) {
      if (error instanceof ImageNotFoundException) return undefined;
      throw explain(error);
    }
  };
  return {
    find: async (target, revision) => {
      const tag = tagOf(target, revision);
      const digest = (await describe({ imageTag: tag }))?.imageDigest;
      if (digest) return digest;
      throw new CliError({
        what: `There is no image of ${revision}.`,
        why: `The repository ${REPOSITORY} has nothing under the tag ${tag}.`,
        next: './lornu rollback --list lists the published revisions; the workflow with action deploy publishes main.',
      });
    },
    requireDigest: async (digest) => {
      if (await describe({ imageDigest: digest })) return;
      throw new CliError({
        what: 'The image does not exist.',
        why: `The repository ${REPOSITORY} has no image ${digest}: it was never pushed, or has been removed since.`,
        next: 'Publish it again (start the workflow again), or deploy a revision from ./lornu rollback --list.',
      });
    },
    list: async (target) => {
      const images: PushedImage[] = [];
      try {
        for await (const page of paginateDescribeImages({ client }, { repositoryName: REPOSITORY })) {
          for (const { imageTags = [], imageDigest, imagePushedAt } of page.imageDetails ?? []) {
            const tag = imageTags.find((one) => /^(?:gcp-)?agent-[0-9a-f]{7,40}$/.test(one));
            if (!tag?.startsWith(`${target}-`) || !imageDigest) continue;
            images.push({
              revision: tag.slice(target.length + 1),
              digest: imageDigest,
              pushedAt: imagePushedAt?.toISOString() ?? '',
            });
          }
        }
      } catch (error) {
        throw explain(error);
      }
      return images.toSorted((a, b) => b.pushedAt.localeCompare(a.pushedAt));
    },
  };
}

function explain(error: unknown): CliError {
  if (error instanceof RepositoryNotFoundException) {
    return new CliError({
      what: "The image repository can't be read.",
      why: `There is no repository ${REPOSITORY} in this account and region.`,
      next: 'Apply terraform/aws/bootstrap first, or check AWS_REGION and the profile.',
      cause: error,
    });
  }
  return explainAws("The image repository can't be read.", error);
}
