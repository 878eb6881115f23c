import { list, sameSet, textOfEach } from '../../checks/facts.ts';
import type { Step, WorkflowChecks } from '../check.ts';

const AWS = 'aws-actions/configure-aws-credentials';
const TERRAFORM = 'hashicorp/setup-terraform';
const EXACT = /^v?\d+\.\d+\.\d+$/;

export const TOOLS: WorkflowChecks = {
  // Another version plans something else than was tested; the wrapper hides exit codes.
  'workflow/tools': ({ jobs }, must) => {
    const versions = new Map<string, string>();
    for (const { reader: step, what, job } of jobs.flatMap(({ steps }) => steps)) {
      for (const key of ['terraform_version', 'version', 'cosign-release']) {
        if (!step.keys('with').includes(key)) continue;
        const version = step.text(`with.${key}`);
        must(EXACT.test(version), `${what} of ${job} takes whatever is the newest: ${version || 'none'}.`);
        must(
          (versions.get(what) ?? version) === version,
          `${what} of ${job} is of another version than elsewhere.`,
        );
        versions.set(what, version);
      }
      if (what !== TERRAFORM) continue;
      must(!step.flag('with.terraform_wrapper'), `Terraform's exit codes are hidden in ${job}.`);
      const [major = 0, minor = 0] = step.text('with.terraform_version').split('.').map(Number);
      must(major === 1 && minor >= 11, `Terraform of ${job} is older than the files ask for.`);
    }
    must(
      sameSet([...versions.keys()], [TERRAFORM, 'aquasecurity/setup-trivy', 'sigstore/cosign-installer']),
      `Only ${list([...versions.keys()])} have a version.`,
    );
    for (const step of jobs.flatMap(({ steps }) => steps)) {
      if (/setup-|installer$/.test(step.what))
        must(versions.has(step.what) && hasVersion(step), `${step.what} of ${step.job} has no version.`);
    }
  },
  // Who may do what is written in terraform/aws/bootstrap, and told by names.
  'workflow/roles-are-those-of-bootstrap': ({ steps, stacks }, must) => {
    const made = stacks.bootstrap.ofType('aws_iam_role');
    const roles = textOfEach(made, 'name');
    for (const { reader, job } of steps(AWS)) {
      const [, name = ''] =
        /^arn:aws:iam::\$\{\{ vars\.AWS_ACCOUNT_ID \}\}:role\/(\w+)$/.exec(
          reader.text('with.role-to-assume'),
        ) ?? [];
      must(roles.includes(name), `${job} takes a role that bootstrap does not make, or of another account.`);
      // AWS refuses a session longer than the role allows; the role's default is one hour.
      const asked = reader.has('with.role-duration-seconds')
        ? reader.number('with.role-duration-seconds')
        : 3600;
      const most = made.find((role) => role.text('name') === name)?.number('max_session_duration');
      must(asked === most, `${job} asks for a session of ${asked} s, and ${name} allows ${most}.`);
      must(reader.text('with.aws-region') === '${{ env.AWS_REGION }}', `${job} works in another region.`);
    }
  },
  // Actions of third parties can read whatever every step can read.
  'workflow/tokens-where-they-are-needed': ({ file, jobs }, must) => {
    const token = ['plan comment', 'replay', 'image publish', 'apply', 'drift'];
    must(
      file.keys('env').every((name) => !carriesToken(file.text(`env.${name}`))),
      'Every job sees a token.',
    );
    for (const { name, reader, steps } of jobs) {
      must(!reader.has('env'), `Every step of ${name} sees the same.`);
      for (const step of steps) {
        const names = step.reader.keys('env');
        const withToken = names.filter((key) => step.reader.text(`env.${key}`).includes('github.token'));
        const wanted = token.includes(step.what) ? ['GITHUB_TOKEN'] : [];
        must(sameSet(withToken, wanted), `${step.what} of ${name} has GitHub's token as ${list(withToken)}.`);
        for (const key of withToken)
          must(
            step.reader.text(`env.${key}`) === '${{ github.token }}',
            `${key} of ${step.what} is another one.`,
          );
        const secret = names.filter((key) => step.reader.text(`env.${key}`).includes('secrets.'));
        must(
          secret.every(
            (key) =>
              key === 'TF_TOKEN_app_terraform_io' &&
              step.reader.text(`env.${key}`) ===
                `\${{ secrets.TF_API_TOKEN${name === 'apply' ? '' : '_READ'} }}`,
          ),
          `${step.what} of ${name} has a secret as ${list(secret)}.`,
        );
      }
    }
    const [comment] = jobs.flatMap(({ steps }) => steps).filter(({ what }) => what === 'plan comment');
    must(
      comment?.reader.text('env.PULL_REQUEST') === '${{ github.event.pull_request.number }}',
      'The comment is written to another pull request.',
    );
  },
};

function carriesToken(text: string): boolean {
  return /github\.token|secrets\./.test(text);
}

function hasVersion({ reader }: Step): boolean {
  return ['terraform_version', 'version', 'cosign-release'].some((key) => reader.has(`with.${key}`));
}
