import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { untilAborted } from '../process/until-aborted.ts';
import { childEnded } from '../process/child.ts';
import { chooseModel } from '../up/model-choice.ts';
import { startGemini } from '../up/start-standin.ts';
import type { BuiltImages } from './build-image.ts';
import { runImage, type RunningContainer } from './run-image.ts';

/** Variables of the model; no others of the environment are passed to the container. */
const MODEL_VARIABLES = ['GEMINI_API_KEY', 'GEMINI_MODEL', 'GOOGLE_GEMINI_BASE_URL'];

/** Runs the first image until Ctrl-C, with a Gemini stand-in if no model is configured. */
export async function serveImage(
  { engine, images: [built] }: BuiltImages,
  flags: { port: number; json?: boolean },
  context: CliContext,
): Promise<void> {
  if (!built) return;
  const model = chooseModel(context.env);
  const standIn =
    model.kind === 'own-stand-in'
      ? await startGemini({ ...context, dataDir: join(context.cacheDir, 'image') })
      : undefined;
  const given = MODEL_VARIABLES.flatMap((name) =>
    context.env[name] ? [[name, context.env[name]] as const] : [],
  );
  let container: RunningContainer | undefined;
  try {
    container = await runImage(
      {
        engine,
        image: built.image,
        port: flags.port,
        env: {
          ...Object.fromEntries(given),
          // google-genai in gcp-agent requires a key for every endpoint.
          ...(standIn ? { GOOGLE_GEMINI_BASE_URL: standIn.url, GEMINI_API_KEY: 'stand-in' } : {}),
        },
        onLine: (line) => context.stderr(`${line}\n`),
      },
      context,
    );
    const { url } = container;
    context.stdout(
      flags.json
        ? `${JSON.stringify({ url, image: built.image, model: model.label })}\n`
        : `\n${built.image} answers at ${url}\n  model  ${model.label}\nCtrl-C stops it.\n`,
    );
    const ended = await Promise.race([container.child.ended, untilAborted(context.signal)]);
    if (ended) throw childEnded(container.child, ended);
  } finally {
    await container?.stop();
    await container?.remove();
    await standIn?.child.stop();
  }
}
