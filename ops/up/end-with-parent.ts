// Loaded before the service (bun --preload). The process that started it holds the other end of stdin. When that end
// closes, even because of SIGKILL, the service stops as on SIGTERM instead of keeping its port.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
