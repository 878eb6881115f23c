import { describe, expect, test } from 'bun:test';
import { toRule } from './from-describe.ts';
import { quote, toRegex } from './patterns.ts';

describe('a rule from DescribeRules', () => {
  test('has its actions in order and its conditions in the current form', () => {
    const rule = toRule({
      Priority: '30',
      Conditions: [
        { Field: 'path-pattern', Values: ['/old'], PathPatternConfig: { Values: ['/a2a/*'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Authorization', Values: ['Bearer *'] } },
      ],
      Actions: [
        { Type: 'forward', Order: 2, ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:group' }] } },
        {
          Type: 'jwt-validation',
          Order: 1,
          JwtValidationConfig: {
            Issuer: 'https://issuer.example',
            JwksEndpoint: 'https://issuer.example/keys',
            AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['x'] }],
          },
        },
      ],
    });
    expect(rule).toEqual({
      priority: 30,
      conditions: [
        { field: 'path-pattern', values: ['/a2a/*'] },
        { field: 'http-header', name: 'Authorization', values: ['Bearer *'] },
      ],
      actions: [
        {
          type: 'jwt-validation',
          issuer: 'https://issuer.example',
          jwksEndpoint: 'https://issuer.example/keys',
          claims: [{ name: 'aud', format: 'single-string', values: ['x'] }],
        },
        { type: 'forward', targetGroupArn: 'arn:group' },
      ],
    });
  });

  const refused: Record<string, Parameters<typeof toRule>[0]> = {
    'a condition on query-string': { Conditions: [{ Field: 'query-string' }] },
    'action authenticate-oidc': { Actions: [{ Type: 'authenticate-oidc' }] },
    'several target groups': {
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'a' }, { TargetGroupArn: 'b' }] },
        },
      ],
    },
    'claims of format string-array': {
      Actions: [
        {
          Type: 'jwt-validation',
          JwtValidationConfig: {
            Issuer: 'i',
            JwksEndpoint: 'j',
            AdditionalClaims: [{ Name: 'groups', Format: 'string-array', Values: ['x'] }],
          },
        },
      ],
    },
  };
  for (const [name, rule] of Object.entries(refused)) {
    test(`is refused with ${name}, never left out`, () => expect(() => toRule(rule)).toThrow(name));
  }
});

test('only wildcards have a meaning in a pattern', () => {
  const fits = (pattern: string, path: string): boolean => new RegExp(toRegex(pattern)).test(path);
  expect(fits('/a2a/*', '/a2a/x/y')).toBe(true);
  expect(fits('/img?', '/img1')).toBe(true);
  expect(fits('/a.b', '/axb')).toBe(false);
  expect(fits('/a', '/a/')).toBe(false);
  expect(fits('/$x+(y)', '/$x+(y)')).toBe(true);
});

test('text between quotes is taken literally', () => {
  expect(quote(`it's "%[x]"`)).toBe(`'it'\\''s "%[x]"'`);
});
