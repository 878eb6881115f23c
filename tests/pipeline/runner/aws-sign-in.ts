/**
 * The part of a job token's subject after the repository: its environment if it has one, a pull request, else the ref.
 * https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
 */
export function subjectOf(
  prefix: string,
  job: { environment?: string | undefined },
  event: { event_name: string; ref: string },
): string {
  if (job.environment) return `${prefix}:environment:${job.environment}`;
  return `${prefix}:${event.event_name === 'pull_request' ? 'pull_request' : `ref:${event.ref}`}`;
}
