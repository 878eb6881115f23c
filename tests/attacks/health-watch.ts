declare const self: Worker;

const EVERY_MS = 10;

self.onmessage = ({ data: url }: MessageEvent<string>) => {
  const ask = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      await fetch(`${url}/health`).catch(() => undefined);
      self.postMessage(performance.now() - began);
      await Bun.sleep(EVERY_MS);
    }
  };
  void ask();
};
