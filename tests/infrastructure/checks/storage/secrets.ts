import type { Checks } from '../check.ts';
import { NAME, accountOf, list, regionOf, sameSet, textOfEach } from '../facts.ts';
import { mustGrant } from '../policy.ts';

const SECRETS = ['a2a-signing-key', 'gcp-service-account', 'gemini-api-key', 'oidc-client', 'session-key'];

export const secrets: Checks = {
  // The permission boundary and `lornu secrets set` know secrets by their path; a value in Terraform stands in its
  // state.
  'storage/secret-names': ({ staging, bootstrap }, must) => {
    const all = bootstrap.all('aws_secretsmanager_secret.staging');
    must(
      sameSet(
        textOfEach(all, 'name'),
        SECRETS.map((name) => `lornu/staging/${name}`),
      ),
      'A secret lies outside of lornu/staging/, or is not among those that the service knows.',
    );
    for (const secret of all)
      must(secret.text('name').endsWith(`/${secret.key}`), `${secret.address} has the name of another.`);
    for (const stack of [staging, bootstrap]) {
      must(
        stack.ofType('aws_secretsmanager_secret_version').length === 0,
        'A value of a secret stands in the state.',
      );
    }
  },
  // A rebuilt staging must find its secrets filled; one that it deleted itself blocks its name for 30 days.
  'storage/secrets-outlive-staging': ({ staging }, must) => {
    const own = staging.ofType('aws_secretsmanager_secret').map(({ address }) => address);
    must(own.length === 0, `${list(own)} would be destroyed with staging.`);
  },
  // Under AWS's own key everyone with the right to read decrypts too.
  'storage/secret-keys': ({ bootstrap }, must) => {
    const key = bootstrap.arn('aws_kms_key.secrets');
    for (const secret of bootstrap.all('aws_secretsmanager_secret.staging')) {
      must(secret.text('kms_key_id') === key, `${secret.address} is encrypted with another key.`);
    }
  },
  // A secret or key that is deleted by mistake must come back; where protection is off its name must be free at once.
  'storage/recoverable': ({ staging, bootstrap }, must) => {
    const isKept = {
      staging: staging.input('deletion_protection').flag('value'),
      bootstrap: !bootstrap.input('force_destroy').flag('value'),
    };
    for (const secret of bootstrap.all('aws_secretsmanager_secret.staging')) {
      must(
        secret.number('recovery_window_in_days') === (isKept.bootstrap ? 30 : 0),
        `${secret.address} is gone at once, or blocks its name.`,
      );
    }
    for (const [stack, kept] of [
      [staging, isKept.staging],
      [bootstrap, isKept.bootstrap],
    ] as const) {
      for (const key of stack.ofType('aws_kms_key')) {
        must(
          key.number('deletion_window_in_days') === (kept ? 30 : 7),
          `${key.address} is gone before anyone misses it.`,
        );
      }
    }
  },
  // What was encrypted under a key that leaked long ago must not all be readable.
  'storage/keys-rotate': ({ staging, bootstrap }, must) => {
    for (const [stack, name] of [
      [bootstrap, 'secrets'],
      [staging, 'operations'],
    ] as const) {
      for (const key of stack.ofType('aws_kms_key'))
        must(key.flag('enable_key_rotation'), `${key.address} never rotates.`);
      const alias = stack.one(`aws_kms_alias.${name}`);
      must(alias.text('name') === `alias/${NAME}-${name}`, `${alias.address} has another name.`);
      must(
        alias.text('target_key_id') === stack.one(`aws_kms_key.${name}`).text('key_id'),
        `${alias.address} names another key.`,
      );
    }
  },
  // The key decrypts through Secrets Manager only, whatever other policies allow.
  'storage/secrets-key-policy': ({ bootstrap }, must) => {
    mustGrant(must, 'The key of the secrets', bootstrap.one('aws_kms_key.secrets').json('policy'), [
      { actions: ['kms:*'], on: ['*'], to: [`AWS arn:aws:iam::${accountOf(bootstrap)}:root`] },
      {
        effect: 'Deny',
        actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        on: ['*'],
        to: ['AWS *'],
        when: [`StringNotEquals kms:ViaService secretsmanager.${regionOf(bootstrap)}.amazonaws.com`],
      },
    ]);
  },
  // A reader of logs cannot decrypt secrets; CloudWatch encrypts only our groups, an alarm can publish.
  'storage/operations-key-policy': ({ staging }, must) => {
    const region = regionOf(staging);
    const account = accountOf(staging);
    const groups = staging
      .ofType('aws_cloudwatch_log_group')
      .map((group) => `arn:aws:logs:${region}:${account}:log-group:${group.text('name')}`)
      .toSorted();
    mustGrant(must, 'The key of logs and alarms', staging.one('aws_kms_key.operations').json('policy'), [
      { actions: ['kms:*'], on: ['*'], to: [`AWS arn:aws:iam::${account}:root`] },
      {
        actions: ['kms:Decrypt', 'kms:Describe*', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        on: ['*'],
        to: [`Service logs.${region}.amazonaws.com`],
        when: [`ArnEquals kms:EncryptionContext:aws:logs:arn ${groups.join(',')}`],
      },
      {
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        on: ['*'],
        to: ['Service budgets.amazonaws.com', 'Service cloudwatch.amazonaws.com'],
        when: [`StringEquals aws:SourceAccount ${account}`],
      },
    ]);
  },
};
