declare const self: Worker;

const EVERY_MS = 10;

self.addEventListener('message', ({ data: url }: MessageEvent<string>) => {
  const ask = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      await fetch(`${url}/health`).catch(() => undefined);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      self.postMessage(performance.now() - began);
      await Bun.sleep(EVERY_MS);
    }
  };
  void ask();
});
