/**
 * The table of leases stands between two stores: that of runs gives them, that of sessions refuses the writes of who has
 * none. The token names a lease and is compared for equality; its column has kept its first name.
 */
export const LEASES = `CREATE TABLE IF NOT EXISTS leases ( -- one row a running run: a few, however many sessions there are
    session_row INTEGER PRIMARY KEY REFERENCES sessions (row_id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL, -- another with each lease: who holds an older one can't write
    expires_ms INTEGER NOT NULL -- by the uptime of the machine, which nobody sets; 0: given back
  );`;
