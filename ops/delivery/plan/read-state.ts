import { z } from 'zod';
import type { DeployedImage } from '../manifest.ts';

const STATE = z.looseObject({
  lineage: z.string(),
  serial: z.number(),
  outputs: z.record(z.string(), z.looseObject({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.looseObject({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(z.looseObject({ attributes: z.record(z.string(), z.unknown()) })),
      }),
    )
    .default([]),
});

const CONTAINERS = z
  .array(
    z.looseObject({
      image: z.string(),
      environment: z.array(z.looseObject({ name: z.string(), value: z.string() })).default([]),
    }),
  )
  .min(1);

export interface StateFacts {
  lineage: string;
  serial: number;
  /** Image and revision of the last apply; null if there is no task definition yet. */
  deployed: DeployedImage | null;
  /** Outputs of the stack, by name. */
  outputs: Record<string, unknown>;
}

/** Reads a state as printed by `terraform state pull`; an empty one has serial 0. */
export function readState(text: string): StateFacts {
  if (text.trim() === '') return { lineage: '', serial: 0, deployed: null, outputs: {} };
  const { lineage, serial, resources, outputs } = STATE.parse(JSON.parse(text));
  const task = resources.find(({ mode, type }) => mode === 'managed' && type === 'aws_ecs_task_definition');
  const definitions = task?.instances[0]?.attributes['container_definitions'];
  return {
    lineage,
    serial,
    deployed: typeof definitions === 'string' ? readDeployed(definitions) : null,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
  };
}

function readDeployed(definitions: string): DeployedImage | null {
  const [container] = CONTAINERS.parse(JSON.parse(definitions));
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(container?.image ?? '')?.[1];
  const revision = container?.environment.find(({ name }) => name === 'LORNU_REVISION')?.value;
  return digest && revision ? { digest, revision } : null;
}
