import { describe, expect, test } from 'bun:test';
import type { Scanner } from '../manifest.ts';
import { objections, readCheckov, readTfsec, readTrivy } from './scanners.ts';

const misconfiguration = (Status: string, Resource: string, ID = 'AVD-AWS-0001') => ({
  ID,
  Title: 'a title',
  Severity: 'HIGH',
  Status,
  CauseMetadata: { Resource },
});

describe('the report of', () => {
  test('trivy counts resources that passed too, and findings that failed', () => {
    const found = [
      misconfiguration('PASS', 'aws_lb.a'),
      misconfiguration('FAIL', 'aws_lb.a'),
      misconfiguration('PASS', 'aws_kms_key.b'),
    ];
    expect(readTrivy(JSON.stringify({ Results: [{ Misconfigurations: found }, {}] }))).toEqual({
      resources: 2,
      findings: [{ id: 'AVD-AWS-0001', severity: 'HIGH', resource: 'aws_lb.a', title: 'a title' }],
    });
  });

  test('trivy about a plan that it did not parse has no resource', () => {
    expect(readTrivy('{"SchemaVersion": 2}').resources).toBe(0);
  });

  test('tfsec counts what passed and what failed', () => {
    const result = (status: number, resource: string) => ({
      long_id: 'aws-a-b',
      severity: 'LOW',
      status,
      resource,
      rule_description: 'a title',
    });
    const text = JSON.stringify({ results: [result(1, 'aws_lb.a'), result(0, 'aws_lb.b')] });
    expect(readTfsec(text)).toEqual({
      resources: 2,
      findings: [{ id: 'aws-a-b', severity: 'LOW', resource: 'aws_lb.b', title: 'a title' }],
    });
    expect(readTfsec('{"results": null}').resources).toBe(0);
  });

  test('checkov without a resource, or with a parsing error, has seen nothing', () => {
    expect(readCheckov('{"passed": 0, "failed": 0, "resource_count": 0}').resources).toBe(0);
    const broken = { results: { failed_checks: [] }, summary: { resource_count: 3, parsing_errors: 1 } };
    expect(readCheckov(JSON.stringify(broken)).resources).toBe(0);
  });

  test('anything that is no report is refused', () => {
    for (const read of [readTrivy, readTfsec, readCheckov]) expect(() => read('panic: nil')).toThrow();
  });
});

describe('a plan passes', () => {
  const scanner = (more: Partial<Scanner> = {}): Scanner => ({
    tool: 'trivy',
    version: '1',
    target: 'plan',
    resources: 3,
    findings: [],
    ...more,
  });

  test('when every scanner saw something and found nothing', () => {
    expect(objections([scanner()], [], ['trivy'])).toEqual([]);
    expect(objections([scanner({ tool: 'tfsec' })], ['trivy'], [])).toEqual([]);
  });

  test('not when one found something, saw nothing, or is missing', () => {
    const finding = { id: 'X', severity: 'LOW', resource: 'a', title: 't' };
    expect(objections([scanner({ findings: [finding, finding] })], [], [])).toEqual(['trivy found 2: X.']);
    expect(objections([scanner({ resources: 0 })], [], [])).toEqual([
      'trivy saw no resource in the plan: nothing was checked.',
    ]);
    expect(objections([scanner()], ['checkov'], ['trivy', 'checkov'])).toEqual([
      'checkov did not look: it is not installed.',
    ]);
  });

  test('not when nothing looked', () => {
    expect(objections([], [], [])).toEqual(['Nothing scanned the plan.']);
  });
});
