import { boundary } from './bootstrap/boundary.ts';
import { pipelineRoles } from './bootstrap/pipeline-roles.ts';
import { repository } from './bootstrap/repository.ts';
import { trust } from './bootstrap/trust.ts';
import type { PlanCheck } from './check.ts';
import { environment } from './compute/environment.ts';
import { readBack } from './compute/read-back.ts';
import { service } from './compute/service.ts';
import { task } from './compute/task.ts';
import { defaults } from './defaults.ts';
import { names } from './dns/names.ts';
import { roles } from './identity/roles.ts';
import { balancer } from './load-balancer/balancer.ts';
import { firewall } from './load-balancer/firewall.ts';
import { listeners } from './load-balancer/listeners.ts';
import { rules } from './load-balancer/rules.ts';
import { endpoints } from './network/endpoints.ts';
import { routes } from './network/routes.ts';
import { securityGroups } from './network/security-groups.ts';
import { subnets } from './network/subnets.ts';
import { outputs } from './outputs.ts';
import { buckets } from './storage/buckets.ts';
import { secrets } from './storage/secrets.ts';
import { tags } from './tags.ts';
import { texts } from './texts.ts';
import { alarms } from './watch/alarms.ts';
import { dashboard } from './watch/dashboard.ts';
import { logs } from './watch/logs.ts';
import { objectives } from './watch/objectives.ts';

/** All checks of the planned environment, by subject. */
export const CHECKS: readonly PlanCheck[] = [
  subnets,
  routes,
  securityGroups,
  endpoints,
  balancer,
  listeners,
  rules,
  firewall,
  task,
  readBack,
  environment,
  service,
  roles,
  secrets,
  buckets,
  alarms,
  objectives,
  logs,
  dashboard,
  names,
  trust,
  repository,
  boundary,
  pipelineRoles,
  outputs,
  defaults,
  tags,
  texts,
].flatMap((checks) => Object.entries(checks).map(([id, run]) => ({ id, run })));
