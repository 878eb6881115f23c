import { ACM } from '@aws-sdk/client-acm';
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { Budgets } from '@aws-sdk/client-budgets';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53 } from '@aws-sdk/client-route-53';
import { S3 } from '@aws-sdk/client-s3';
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
  acm: ACM;
  autoscaling: ApplicationAutoScaling;
  budgets: Budgets;
  cloudwatch: CloudWatch;
  ec2: EC2;
  ecs: ECS;
  elb: ElasticLoadBalancingV2;
  route53: Route53;
  s3: S3;
  /** Two certificate authorities, in PEM. */
  authorities: () => Promise<string[]>;
  end: () => Promise<void>;
}

/** What an emulator of a test needs: its Python, and a new folder with its log. */
export async function prepareEmulator() {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-emulator-'));
  const context = { cacheDir: join(root, '.cache'), env: process.env, signal: new AbortController().signal };
  const python = await ensureEmulatorPython(context, () => {});
  return { folder, python, logPath: join(folder, 'emulator.log') };
}

/** An emulator of its own with a client for each service, as anybody's program would use them. */
export async function startKit(): Promise<EmulatorKit> {
  const { folder, python, logPath } = await prepareEmulator();
  const emulator = await startEmulator({ python, env: process.env, logPath });
  const settings = emulatorSettings(emulator.url);
  return {
    emulator,
    python,
    acm: new ACM(settings),
    autoscaling: new ApplicationAutoScaling(settings),
    budgets: new Budgets(settings),
    cloudwatch: new CloudWatch(settings),
    ec2: new EC2(settings),
    ecs: new ECS(settings),
    elb: new ElasticLoadBalancingV2(settings),
    route53: new Route53(settings),
    s3: new S3({ ...settings, forcePathStyle: true }),
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
