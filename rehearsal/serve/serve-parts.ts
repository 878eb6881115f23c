import type { AlarmWatch } from '../alarms/watch-alarms.ts';
import type { Balancer } from '../load-balancer/balancer.ts';
import type { TaskRunner } from '../tasks/task-runner.ts';
import type { GcpAgent } from './gcp-agent.ts';
import type { GoogleSide } from './google-side.ts';
import type { AppliedService } from './read-applied.ts';
import type { ServedVpc } from './start-applied-vpc.ts';
import type { RunningHaproxy } from './start-haproxy.ts';
import type { TargetSync } from './sync-targets.ts';

/** The started parts in order. They are stopped in reverse order. */
export interface Parts {
  applied?: AppliedService;
  google?: GoogleSide;
  peer?: GcpAgent;
  vpc?: ServedVpc;
  balancer?: Balancer;
  haproxy?: RunningHaproxy;
  targets?: TargetSync;
  alarms?: AlarmWatch;
  runner?: TaskRunner;
}
