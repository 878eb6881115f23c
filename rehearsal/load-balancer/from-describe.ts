import type {
  Action as AwsAction,
  Rule as AwsRule,
  RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Action, Claim, Condition, Rule } from './balancer.ts';

/** Converts a rule from DescribeRules; throws for an unsupported kind of condition or action. */
export function toRule(rule: AwsRule): Rule {
  return {
    priority: rule.Priority === 'default' ? 'default' : Number(rule.Priority),
    conditions: (rule.Conditions ?? []).map(toCondition),
    actions: (rule.Actions ?? []).toSorted((a, b) => (a.Order ?? 0) - (b.Order ?? 0)).map(toAction),
  };
}

function toCondition(condition: RuleCondition): Condition {
  const { Field: field } = condition;
  switch (field) {
    case 'path-pattern':
      return { field, values: condition.PathPatternConfig?.Values ?? condition.Values ?? [] };
    case 'host-header':
      return { field, values: condition.HostHeaderConfig?.Values ?? condition.Values ?? [] };
    case 'http-header': {
      const { HttpHeaderName: name = '', Values: values = [] } = condition.HttpHeaderConfig ?? {};
      return { field, name, values };
    }
    case 'http-request-method':
      return { field, values: condition.HttpRequestMethodConfig?.Values ?? [] };
    case 'source-ip':
      return { field, values: condition.SourceIpConfig?.Values ?? [] };
    default:
      throw new Error(`a condition on ${field ?? 'nothing'} is not translated`);
  }
}

function toAction(action: AwsAction): Action {
  const { Type: type } = action;
  switch (type) {
    case 'forward': {
      const groups = action.ForwardConfig?.TargetGroups ?? [];
      const targetGroupArn = action.TargetGroupArn ?? groups[0]?.TargetGroupArn;
      if (!targetGroupArn || groups.length > 1)
        throw new Error('forwarding to several target groups is not translated');
      return { type, targetGroupArn };
    }
    case 'fixed-response': {
      const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig ?? {};
      return {
        type,
        status: Number(StatusCode),
        contentType: ContentType ?? 'text/plain',
        body: MessageBody ?? '',
      };
    }
    case 'redirect': {
      const config = action.RedirectConfig;
      return {
        type,
        protocol: config?.Protocol ?? '#{protocol}',
        host: config?.Host ?? '#{host}',
        port: config?.Port ?? '#{port}',
        path: config?.Path ?? '/#{path}',
        query: config?.Query ?? '#{query}',
        status: config?.StatusCode === 'HTTP_302' ? 302 : 301,
      };
    }
    case 'jwt-validation': {
      const config = action.JwtValidationConfig;
      return {
        type,
        issuer: config?.Issuer ?? '',
        jwksEndpoint: config?.JwksEndpoint ?? '',
        claims: (config?.AdditionalClaims ?? []).map(({ Name, Format, Values }): Claim => {
          if (Format !== 'single-string' && Format !== 'space-separated-values') {
            throw new Error(`claims of format ${Format} are not translated`);
          }
          return { name: Name ?? '', format: Format, values: Values ?? [] };
        }),
      };
    }
    default:
      throw new Error(`action ${type ?? 'nothing'} is not translated`);
  }
}
