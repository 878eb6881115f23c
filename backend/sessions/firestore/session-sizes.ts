/** Sizes below this are not noted; and the number of larger ones that are. */
const LARGE_BYTES = 1024 * 1024;
const MOST_LARGE = 10_000;

/** Bytes of the events of long sessions by the path of the session, even if the events are no longer in memory. */
export class SessionSizes extends Map<string, number> {
  note(path: string, bytes: number): void {
    this.delete(path);
    if (bytes < LARGE_BYTES) return;
    this.set(path, bytes);
    for (const oldest of this.keys()) {
      if (this.size <= MOST_LARGE) break;
      this.delete(oldest);
    }
  }
}
