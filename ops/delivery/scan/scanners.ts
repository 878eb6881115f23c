import { z } from 'zod';
import type { Scanner } from '../manifest.ts';

type Result = Pick<Scanner, 'checked' | 'findings'>;

const TRIVY = z.looseObject({
  Results: z
    .array(
      z.looseObject({
        Misconfigurations: z
          .array(
            z.looseObject({
              ID: z.string(),
              Title: z.string().default(''),
              Severity: z.string(),
              Status: z.string(),
              CauseMetadata: z.looseObject({ Resource: z.string().default('') }).default({ Resource: '' }),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/**
 * Parses `trivy config --format json --include-non-failures` for a plan. It counts checks: a passed one names no
 * resource, and a file that trivy does not recognise as a plan has none. Ignored findings (.trivyignore.yaml) are not
 * in its report.
 */
export function readTrivy(text: string): Result {
  const found = TRIVY.parse(JSON.parse(text)).Results.flatMap(({ Misconfigurations }) => Misconfigurations);
  return {
    checked: new Set(found.map(({ ID }) => ID)).size,
    findings: found
      .filter(({ Status }) => Status === 'FAIL')
      .map(({ ID, Severity, Title, CauseMetadata }) => ({
        id: ID,
        severity: Severity,
        resource: CauseMetadata.Resource,
        title: Title,
      })),
  };
}

const TFSEC_FAILED = 0;
const TFSEC = z.looseObject({
  results: z
    .array(
      z.looseObject({
        long_id: z.string(),
        severity: z.string(),
        status: z.number(),
        resource: z.string(),
        rule_description: z.string(),
      }),
    )
    .nullable()
    .transform((results) => results ?? []),
});

/** Parses `tfsec --format json --include-passed` for the stack's files. */
export function readTfsec(text: string): Result {
  const { results } = TFSEC.parse(JSON.parse(text));
  return {
    checked: new Set(results.map(({ resource }) => resource)).size,
    findings: results
      .filter(({ status }) => status === TFSEC_FAILED)
      .map(({ long_id: id, severity, resource, rule_description: title }) => ({
        id,
        severity,
        resource,
        title,
      })),
  };
}

const CHECKOV = z.looseObject({
  results: z.looseObject({
    failed_checks: z.array(
      z.looseObject({
        check_id: z.string(),
        check_name: z.string(),
        resource: z.string(),
        severity: z.string().nullable().default(null),
      }),
    ),
  }),
  summary: z.looseObject({ resource_count: z.number(), parsing_errors: z.number() }),
});

/** Parses `checkov --framework terraform_plan --output json`; without a resource it only prints counts. */
export function readCheckov(text: string): Result {
  const parsed = CHECKOV.safeParse(JSON.parse(text));
  if (!parsed.success || parsed.data.summary.parsing_errors > 0) return { checked: 0, findings: [] };
  const { results, summary } = parsed.data;
  return {
    checked: summary.resource_count,
    findings: results.failed_checks.map(({ check_id: id, check_name: title, resource, severity }) => ({
      id,
      severity: severity ?? 'unrated',
      resource,
      title,
    })),
  };
}

/** Why a scan blocks the plan; empty if it does not. */
export function objections(
  scanners: readonly Scanner[],
  absent: readonly string[],
  required: readonly string[],
): string[] {
  const missing = required
    .filter((tool) => absent.includes(tool))
    .map((tool) => `${tool} did not look: it is not installed.`);
  const blind = scanners
    .filter(({ checked }) => checked === 0)
    .map(({ tool, target }) => `${tool} saw nothing in the ${target}: nothing was checked.`);
  const found = scanners
    .filter(({ findings }) => findings.length > 0)
    .map(
      ({ tool, findings }) =>
        `${tool} found ${findings.length}: ${[...new Set(findings.map(({ id }) => id))].join(', ')}.`,
    );
  const nobody = scanners.length === 0 ? ['Nothing scanned the plan.'] : [];
  return [...missing, ...nobody, ...blind, ...found];
}
