import { startRunDelay } from '@lornu/evaluation/run-delay.ts';

declare const self: Worker;

const EVERY_MS = 10;

self.addEventListener('message', ({ data }: MessageEvent<{ url: string; pid: number }>) => {
  const { url, pid } = data;
  const ask = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      const delayMs = startRunDelay(pid);
      await fetch(`${url}/health`).catch(() => undefined);
      const took = performance.now() - began;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      self.postMessage(Math.max(0, took - (delayMs?.() ?? 0)));
      await Bun.sleep(EVERY_MS);
    }
  };
  void ask();
});
