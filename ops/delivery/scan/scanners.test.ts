import { describe, expect, test } from 'bun:test';
import type { Scanner } from '../manifest.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { objections, readCheckov, readTfsec, readTrivy } from './scanners.ts';

/** Output of trivy 0.74.0, without its texts and most of what passed. */
const REPORT = join(import.meta.dir, 'trivy-0.74.0-report.json');
/** Each entry must have a reason and an expiry date. */
const IGNORE_FILE = z.strictObject({
  misconfigurations: z.array(
    z.strictObject({ id: z.string(), statement: z.string().min(40), expired_at: z.iso.date() }),
  ),
});

const misconfiguration = (Status: string, Resource: string, ID = 'AVD-AWS-0001') => ({
  ID,
  Title: 'a title',
  Severity: 'HIGH',
  Status,
  CauseMetadata: { Resource },
});

describe('the report of', () => {
  test('trivy counts passed and failed checks', () => {
    const found = [
      misconfiguration('PASS', '', 'AWS-0002'),
      misconfiguration('FAIL', 'aws_lb.a'),
      misconfiguration('PASS', '', 'AWS-0003'),
    ];
    expect(readTrivy(JSON.stringify({ Results: [{ Misconfigurations: found }, {}] }))).toEqual({
      checked: 3,
      findings: [{ id: 'AVD-AWS-0001', severity: 'HIGH', resource: 'aws_lb.a', title: 'a title' }],
    });
  });

  test("trivy 0.74.0 on staging's plan, before its findings were listed in .trivyignore.yaml", () => {
    const { checked, findings } = readTrivy(readFileSync(REPORT, 'utf8'));
    const scanner = { tool: 'trivy', version: '0.74.0', target: 'plan' as const, checked, findings };
    expect(objections([scanner], [], [])).toEqual(['trivy found 9: AWS-0036, AWS-0104.']);
    const ignored = readFileSync(join(import.meta.dir, '../../../.trivyignore.yaml'), 'utf8');
    const { misconfigurations } = IGNORE_FILE.parse(parse(ignored));
    const ids = misconfigurations.map(({ id }) => id.replace('AVD-', ''));
    expect(findings.filter(({ id }) => !ids.includes(id))).toEqual([]);
  });

  test('trivy without unignored findings still shows that it checked', () => {
    const report = JSON.parse(readFileSync(REPORT, 'utf8')) as {
      Results: { Misconfigurations: { Status: string }[] }[];
    };
    for (const result of report.Results)
      result.Misconfigurations = result.Misconfigurations.filter(({ Status }) => Status === 'PASS');
    const { checked, findings } = readTrivy(JSON.stringify(report));
    const scanner = { tool: 'trivy', version: '0.74.0', target: 'plan' as const, checked, findings };
    expect(objections([scanner], [], [])).toEqual([]);
  });

  test('trivy on a plan that it could not parse shows no checks', () => {
    expect(readTrivy('{"SchemaVersion": 2}').checked).toBe(0);
  });

  test('tfsec counts passed and failed checks', () => {
    const result = (status: number, resource: string) => ({
      long_id: 'aws-a-b',
      severity: 'LOW',
      status,
      resource,
      rule_description: 'a title',
    });
    const text = JSON.stringify({ results: [result(1, 'aws_lb.a'), result(0, 'aws_lb.b')] });
    expect(readTfsec(text)).toEqual({
      checked: 2,
      findings: [{ id: 'aws-a-b', severity: 'LOW', resource: 'aws_lb.b', title: 'a title' }],
    });
    expect(readTfsec('{"results": null}').checked).toBe(0);
  });

  test('checkov without a resource, or with a parsing error, has checked nothing', () => {
    expect(readCheckov('{"passed": 0, "failed": 0, "resource_count": 0}').checked).toBe(0);
    const broken = { results: { failed_checks: [] }, summary: { resource_count: 3, parsing_errors: 1 } };
    expect(readCheckov(JSON.stringify(broken)).checked).toBe(0);
  });

  test('any other text is refused', () => {
    for (const read of [readTrivy, readTfsec, readCheckov]) expect(() => read('panic: nil')).toThrow();
  });
});

describe('a plan passes', () => {
  const scanner = (more: Partial<Scanner> = {}): Scanner => ({
    tool: 'trivy',
    version: '1',
    target: 'plan',
    checked: 3,
    findings: [],
    ...more,
  });

  test('when every scanner checked something and found nothing', () => {
    expect(objections([scanner()], [], ['trivy'])).toEqual([]);
    expect(objections([scanner({ tool: 'tfsec' })], ['trivy'], [])).toEqual([]);
  });

  test('not when a scanner found something, checked nothing, or is missing', () => {
    const finding = { id: 'X', severity: 'LOW', resource: 'a', title: 't' };
    expect(objections([scanner({ findings: [finding, finding] })], [], [])).toEqual(['trivy found 2: X.']);
    expect(objections([scanner({ checked: 0 })], [], [])).toEqual([
      'trivy saw nothing in the plan: nothing was checked.',
    ]);
    expect(objections([scanner()], ['checkov'], ['trivy', 'checkov'])).toEqual([
      'checkov did not look: it is not installed.',
    ]);
  });

  test('not when no scanner ran', () => {
    expect(objections([], [], [])).toEqual(['Nothing scanned the plan.']);
  });
});
