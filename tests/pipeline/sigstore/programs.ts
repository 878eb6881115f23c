import { findTool, type FindContext } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';

const NAMES = ['cosign', 'fulcio', 'rekor-server', 'timestamp-server', 'tesseract'] as const;

/** The paths of Sigstore's programs. */
export type SigstorePrograms = Readonly<Record<(typeof NAMES)[number], string>>;

/** All programs, if they are built in this checkout. `./lornu test signatures` builds them in some minutes. */
export async function findSigstore(context: FindContext): Promise<SigstorePrograms | undefined> {
  const found = await Promise.all(NAMES.map(async (name) => findTool(TOOLS[name], context)));
  return found.every((tool) => tool !== undefined)
    ? (Object.fromEntries(NAMES.map((name, index) => [name, found[index]?.path ?? ''])) as SigstorePrograms)
    : undefined;
}
