/** Where a copied conversation branched off. */
export interface Branch {
  /** The session with the other version of this turn. */
  of: string;
  /** Counted from 0: the first turn of its own. */
  turn: number;
  /** When it was created, in seconds since the epoch. */
  at?: number;
}

export interface Branching {
  id: string;
  branch?: Branch | undefined;
}

/** The versions of one turn, each in its own session, in order of creation. */
export interface Versions {
  ids: string[];
  /** Index of the shown one. */
  at: number;
}

/**
 * The branch for a copy of session `id` at `turn`: always attached to the first version of a turn, never to another
 * version.
 */
export function toBranch(all: readonly Branching[], id: string, turn: number): Branch {
  const { id: of, branch } = holderOf(all, id, turn);
  return branch?.turn === turn ? branch : { of, turn };
}

/** The turns of session `id` that have more than one version. */
export function versionsIn(all: readonly Branching[], id: string): ReadonlyMap<number, Versions> {
  const found = new Map<number, Versions>();
  for (const turn of new Set(all.flatMap(({ branch }) => branch?.turn ?? []))) {
    const holder = holderOf(all, id, turn);
    const { of } = toBranch(all, id, turn);
    const ids = all
      .filter((one) => one.id === of || (one.branch?.of === of && one.branch.turn === turn))
      .toSorted(
        (a, b) => Number(b.id === of) - Number(a.id === of) || (a.branch?.at ?? 0) - (b.branch?.at ?? 0),
      )
      .map((one) => one.id);
    if (ids.length > 1) found.set(turn, { ids, at: ids.indexOf(holder.id) });
  }
  return found;
}

/** The session from which all versions of a conversation derive. */
export function rootOf(all: readonly Branching[], id: string): string {
  const seen = new Set<string>();
  for (let at = id; ;) {
    seen.add(at);
    const of = all.find((one) => one.id === at)?.branch?.of;
    if (of === undefined || seen.has(of)) return at;
    at = of;
  }
}

/** One list row for all versions of a conversation: the newest of them, pinned if any of them is. */
export function toRows<T extends Branching & { isPinned: boolean; saidAt: number }>(all: readonly T[]): T[] {
  const families = Map.groupBy(all, ({ id }) => rootOf(all, id));
  return [...families.values()].flatMap((family) => {
    const [newest] = family.toSorted((a, b) => b.saidAt - a.saidAt);
    return newest ? [{ ...newest, isPinned: family.some(({ isPinned }) => isPinned) }] : [];
  });
}

/** The session that first had this turn: this one, or one that it was copied from. */
function holderOf(all: readonly Branching[], id: string, turn: number): Branching {
  let at: Branching = all.find((one) => one.id === id) ?? { id };
  for (let steps = 0; at.branch && turn < at.branch.turn && steps < all.length; steps++) {
    const { of } = at.branch;
    at = all.find((one) => one.id === of) ?? { id: of };
  }
  return at;
}
