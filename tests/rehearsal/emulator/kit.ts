import { ACMClient } from '@aws-sdk/client-acm';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { BudgetsClient } from '@aws-sdk/client-budgets';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import { startEmulator, type Emulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dir, '../../..');

export interface EmulatorKit {
  emulator: Emulator;
  /** That of the emulator, with AWS's service models. */
  python: string;
  acm: ACMClient;
  autoscaling: ApplicationAutoScalingClient;
  budgets: BudgetsClient;
  cloudwatch: CloudWatchClient;
  ec2: EC2Client;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  route53: Route53Client;
  s3: S3Client;
  /** Two certificate authorities, in PEM. */
  authorities: () => Promise<string[]>;
  end: () => Promise<void>;
}

/** An emulator of its own with a client for each service, as anybody's program would use them. */
export async function startKit(): Promise<EmulatorKit> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-emulator-'));
  const context = { cacheDir: join(root, '.cache'), env: process.env, signal: new AbortController().signal };
  const python = await ensureEmulatorPython(context, () => {});
  const emulator = await startEmulator({ python, env: process.env, logPath: join(folder, 'emulator.log') });
  const settings = emulatorSettings(emulator.url);
  return {
    emulator,
    python,
    acm: new ACMClient(settings),
    autoscaling: new ApplicationAutoScalingClient(settings),
    budgets: new BudgetsClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    ec2: new EC2Client(settings),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    route53: new Route53Client(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    authorities: async () => {
      const script = join(root, 'rehearsal/aws/certificates.py');
      const made = Bun.spawnSync([python, script, folder, 'test.lornu.example']);
      if (!made.success) throw new Error(made.stderr.toString());
      const names = ['authority.pem', 'peer-authority.pem'];
      return Promise.all(names.map(async (name) => readFile(join(folder, name), 'utf8')));
    },
    end: async () => {
      await emulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the promise was rejected with; a promise that was kept fails the test. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was accepted');
}
