import type { Checks } from '../check.ts';
import { list, sameSet } from '../facts.ts';
import { mustGrant } from '../policy.ts';

export const repository: Checks = {
  // What was approved under a tag stays that; the image that runs must not go with the environment.
  'bootstrap/images-stay': ({ bootstrap }, must) => {
    const images = bootstrap.one('aws_ecr_repository.agent');
    must(images.text('name') === 'lornu-agent', 'Staging pulls from a repository of another name.');
    must(images.text('image_tag_mutability') === 'IMMUTABLE', 'A tag can be moved to another image.');
    must(
      images.flag('force_delete') === bootstrap.input('force_destroy').flag('value'),
      'The repository can be deleted with images in it.',
    );
    must(
      images.flag('image_scanning_configuration.0.scan_on_push'),
      'Nobody looks for known holes in an image.',
    );
  },
  // Enough to roll back to; what has no tag is the signature of an image, which may not run without it.
  'bootstrap/images-expire': ({ bootstrap }, must) => {
    const lifecycle = bootstrap.one('aws_ecr_lifecycle_policy.agent');
    must(
      lifecycle.text('repository') === bootstrap.one('aws_ecr_repository.agent').text('name'),
      'Another repository is cleaned.',
    );
    const rules = lifecycle.json('policy').blocks('rules');
    const said = rules.map((rule) => {
      must(rule.text('action.type') === 'expire', 'A rule does something else than expire.');
      const selection = rule.block('selection');
      const kept = selection.number('countNumber');
      must(
        kept >= 100 && kept <= 300,
        `After ${kept} builds that nobody deployed the image that runs is gone.`,
      );
      must(!selection.has('countUnit'), 'A rule counts days.');
      const prefixes = selection.texts('tagPrefixList').join('+');
      return `${selection.text('tagStatus')} ${prefixes} ${selection.text('countType')}`;
    });
    must(
      sameSet(said, ['tagged agent- imageCountMoreThan', 'tagged gcp-agent- imageCountMoreThan']),
      `The rules are: ${list(said)}.`,
    );
    const priorities = rules.map((rule) => rule.number('rulePriority'));
    must(new Set(priorities).size === rules.length, 'ECR refuses two rules of one priority.');
    must(
      priorities.every((priority) => priority >= 1),
      'ECR counts from 1.',
    );
  },
  // The job that pushes images knows one repository.
  'bootstrap/publish-role': ({ bootstrap }, must) => {
    mustGrant(must, 'The role that publishes', bootstrap.one('aws_iam_role_policy.publish').json('policy'), [
      { actions: ['ecr:GetAuthorizationToken'], on: ['*'] },
      {
        // The calls of a push: find existing layers, upload the others, put the manifest, check the result.
        actions: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:CompleteLayerUpload',
          'ecr:DescribeImages',
          'ecr:GetDownloadUrlForLayer',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:UploadLayerPart',
        ],
        on: [bootstrap.arn('aws_ecr_repository.agent')],
      },
    ]);
  },
};
