// Loaded before the service (bun --preload). The process that started it holds the other end of stdin. When that end
// closes, even because of SIGKILL, the service stops as on SIGTERM, but does not keep its port for as long as a turn
// may take: the turn continues after a restart.
const STOP_MS = 5_000;

process.stdin.on('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
});
process.stdin.resume();
