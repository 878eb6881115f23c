import type { Given, Scene } from '@lornu/ops/first-time/scene.ts';
import { ACCOUNT, type FirstTimeFixture } from './fixture.ts';

/** One prerequisite of a deployed staging, removed. */
export interface TakenAway {
  id: string;
  how: string;
  /** Text that the sentence and the next command must contain. */
  seen: string;
  next: string;
  take?: (fixture: FirstTimeFixture) => unknown;
  giveBack?: (fixture: FirstTimeFixture) => unknown;
  given?: (fixture: FirstTimeFixture) => Partial<Given>;
  env?: Scene['env'];
}

const CUSTOM = { protected_branches: false, custom_branch_policies: true };
const giveBackEnvironment = ({ github }: FirstTimeFixture): unknown =>
  github.environments.set('staging', { reviewers: ['ada'], branchPolicy: CUSTOM, branches: ['main'] });

/** Staging's values with changes. */
export const valuesWith = (more: object) => (fixture: FirstTimeFixture) => ({
  variables: JSON.stringify({ ...fixture.variables, ...more }),
});

/** Every prerequisite at HCP Terraform, GitHub and Google. */
export const TAKEN_ELSEWHERE: readonly TakenAway[] = [
  {
    id: 'hcp-organization',
    how: 'no token',
    env: { TF_TOKEN_app_terraform_io: '' },
    seen: 'no token',
    next: 'terraform login',
  },
  {
    id: 'hcp-organization',
    how: 'a token that was revoked',
    env: { TF_TOKEN_app_terraform_io: 'old' },
    seen: 'does not accept the token',
    next: 'terraform login',
  },
  ...['aws-bootstrap', 'gcp-staging', 'aws-staging'].map((name): TakenAway => ({
    id: `hcp-${name}`,
    how: 'remote execution',
    seen: 'its execution mode is remote',
    next: `./lornu setup hcp --yes hcp-${name}`,
    take: ({ hcp }) => void (hcp.workspace(`lornu-${name}`).executionMode = 'remote'),
    giveBack: ({ hcp }) => void (hcp.workspace(`lornu-${name}`).executionMode = 'local'),
  })),
  {
    id: 'github-repository',
    how: 'no token',
    env: { GH_TOKEN: '' },
    seen: 'no token',
    next: 'gh auth login',
  },
  {
    id: 'github-repository',
    how: 'another repository',
    given: () => ({ repository: 'lornu-ai/gone' }),
    seen: 'there is no repository lornu-ai/gone',
    next: '--repository OWNER/NAME',
  },
  {
    id: 'github-subject',
    how: 'customised',
    seen: 'they are customised',
    next: 'customization/sub -F use_default=true',
    take: ({ github }) => void (github.settings.hasDefaultSubject = false),
    giveBack: ({ github }) => void (github.settings.hasDefaultSubject = true),
  },
  {
    id: 'github-environment',
    how: 'no reviewers',
    seen: 'nothing could be approved',
    next: '--reviewer ada --yes github-environment',
    take: ({ github }) => github.environments.set('staging', { reviewers: [] }),
    giveBack: giveBackEnvironment,
  },
  {
    id: 'github-environment',
    how: 'a private repository whose plan has none',
    seen: 'the repository is private, and its plan has no required reviewers there',
    next: 'make the repository public',
    take: ({ github }) => {
      github.isPrivate = true;
      github.environments.delete('staging');
    },
    giveBack: (fixture) => {
      fixture.github.isPrivate = false;
      giveBackEnvironment(fixture);
    },
  },
  {
    id: 'github-branches',
    how: 'every branch may deploy',
    seen: 'every branch may',
    next: './lornu setup github --yes github-branches',
    take: ({ github }) => github.environments.set('staging', { reviewers: ['ada'] }),
    giveBack: giveBackEnvironment,
  },
  {
    id: 'github-branches',
    how: 'another branch too',
    seen: 'main, release may',
    next: 'leave main alone there',
    take: ({ github }) =>
      github.environments.set('staging', {
        reviewers: ['ada'],
        branchPolicy: CUSTOM,
        branches: ['main', 'release'],
      }),
    giveBack: giveBackEnvironment,
  },
  {
    id: 'google-session',
    how: 'no project',
    given: () => ({ project: '' }),
    seen: 'no project is named',
    next: '--project PROJECT_ID',
  },
  {
    id: 'google-apis',
    how: 'one not enabled',
    seen: 'not enabled: sts.googleapis.com',
    next: 'gcloud services enable',
    take: ({ google }) => google.enabled.delete('sts.googleapis.com'),
    giveBack: ({ google }) => google.enabled.add('sts.googleapis.com'),
  },
  {
    id: 'google-apis',
    how: 'the API that enables the others is not',
    seen: 'serviceusage.googleapis.com itself is not enabled',
    next: 'gcloud services enable serviceusage.googleapis.com --project lornu-staging-1',
    take: ({ google }) => google.enabled.delete('serviceusage.googleapis.com'),
    giveBack: ({ google }) => google.enabled.add('serviceusage.googleapis.com'),
  },
  {
    id: 'google-stack',
    how: 'never applied',
    seen: 'never applied',
    next: `-chdir=terraform/gcp/staging apply -var project_id=lornu-staging-1 -var aws_account_id=${ACCOUNT}`,
    take: ({ hcp }) => void hcp.workspace('lornu-gcp-staging').versions.splice(0),
    giveBack: ({ hcp }) => hcp.putState('lornu-gcp-staging', JSON.stringify({ serial: 1, lineage: 'a' })),
  },
  {
    id: 'google-model',
    how: 'a model that is not there',
    given: valuesWith({ gemini_model: 'gemini-gone' }),
    seen: 'gemini-gone',
    next: 'choose another model',
  },
  {
    id: 'github-account',
    how: 'another account',
    seen: 'it is 999999999999',
    next: `gh variable set AWS_ACCOUNT_ID --body ${ACCOUNT}`,
    take: ({ github }) => github.settings.variables.set('AWS_ACCOUNT_ID', '999999999999'),
    giveBack: ({ github }) => github.settings.variables.set('AWS_ACCOUNT_ID', ACCOUNT),
  },
  {
    id: 'github-region',
    how: 'another region',
    seen: 'it is eu-west-1',
    next: 'gh variable set AWS_REGION --body us-east-1',
    take: ({ github }) => github.settings.variables.set('AWS_REGION', 'eu-west-1'),
    giveBack: ({ github }) => github.settings.variables.delete('AWS_REGION'),
  },
  {
    id: 'github-variables',
    how: 'a value is not there',
    given: valuesWith({ alarm_emails: undefined }),
    seen: 'it lacks alarm_emails',
    next: '--variables FILE',
  },
  {
    id: 'github-variables',
    how: 'others at GitHub',
    given: valuesWith({ streams_per_task: 50 }),
    seen: 'it differs from what was given here',
    next: 'gh variable set LORNU_TERRAFORM_VARIABLES',
  },
  {
    id: 'github-tokens',
    how: 'the one that reads is not there',
    seen: 'not there: TF_API_TOKEN_READ',
    next: 'gh secret set TF_API_TOKEN_READ',
    take: ({ github }) => github.settings.secrets.delete('TF_API_TOKEN_READ'),
    giveBack: ({ github }) => github.settings.secrets.add('TF_API_TOKEN_READ'),
  },
  {
    id: 'github-tokens',
    how: 'the one that writes is a secret of the repository',
    seen: 'every branch could write the state',
    next: 'gh secret delete TF_API_TOKEN',
    take: ({ github }) => github.settings.secrets.add('TF_API_TOKEN'),
    giveBack: ({ github }) => github.settings.secrets.delete('TF_API_TOKEN'),
  },
];
