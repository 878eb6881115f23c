import { join } from 'node:path';
import { findTool, type FindContext } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';

/**
 * trivy if it was built for this checkout (which takes minutes, so only `./lornu test --all` does), else its stand-in.
 */
export async function findTrivy(context: FindContext): Promise<{ path: string; isReal: boolean }> {
  const found = await findTool(TOOLS.trivy, context);
  return found
    ? { path: found.path, isReal: true }
    : { path: join(import.meta.dir, 'programs/trivy/trivy'), isReal: false };
}
