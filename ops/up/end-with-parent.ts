// Loaded before the service (bun --preload): the process that started it holds the other end of stdin, and when that end closes,
// also by a kill that nobody can catch, the service stops as on SIGTERM instead of staying behind on its port.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
