const ELB = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/';
const ELB_API = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/';
const ECS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/';
const ECS_API = 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/';

/** The AWS documentation pages that the checks cite. */
export const PAGES = {
  actions: `${ELB}rule-action-types.html`,
  conditions: `${ELB}rule-condition-types.html`,
  listeners: `${ELB}load-balancer-listeners.html`,
  addRule: `${ELB}add-rule.html`,
  jwt: `${ELB}listener-verify-jwt.html`,
  mutualTls: `${ELB}mutual-authentication.html`,
  forwarded: `${ELB}x-forwarded-headers.html`,
  trace: `${ELB}load-balancer-request-tracing.html`,
  loadBalancers: `${ELB}application-load-balancers.html`,
  loadBalancerAttribute: `${ELB_API}API_LoadBalancerAttribute.html`,
  troubleshooting: `${ELB}load-balancer-troubleshooting.html`,
  healthChecks: `${ELB}target-group-health-checks.html`,
  targetGroupAttributes: `${ELB}edit-target-group-attributes.html`,
  rolling: `${ECS}deployment-type-ecs.html`,
  breaker: `${ECS}deployment-circuit-breaker.html`,
  alarms: `${ECS}deployment-alarm-failure.html`,
  deploymentApi: `${ECS_API}API_Deployment.html`,
  breakerApi: `${ECS_API}API_DeploymentCircuitBreaker.html`,
  lifecycle: `${ECS}task-lifecycle-explanation.html`,
  protection: `${ECS}task-scale-in-protection.html`,
  protectionEndpoint: `${ECS}task-scale-in-protection-endpoint.html`,
  protectionApi: `${ECS_API}API_UpdateTaskProtection.html`,
  secrets: `${ECS}secrets-envvar-secrets-manager.html`,
  initializationError: `${ECS}resource-initialization-error.html`,
  stopped: `${ECS}stopped-task-error-codes.html`,
  taskApi: `${ECS_API}API_Task.html`,
  stopTask: `${ECS_API}API_StopTask.html`,
  containerDefinition: `${ECS_API}API_ContainerDefinition.html`,
  parameters: `${ECS}task_definition_parameters.html`,
  serviceEvents: `${ECS}service-event-messages-list.html`,
  metadata: `${ECS}task-metadata-endpoint-v4-fargate.html`,
  throttle: `${ECS}service-throttle-logic.html`,
  logs: `${ECS}using_awslogs.html`,
} as const;
