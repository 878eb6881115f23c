/**
 * The leases table is shared by two stores: the run store issues leases, the session store refuses writes without one.
 * The token identifies a lease and is compared for equality; its column still has its first name.
 */
export const LEASES = `CREATE TABLE IF NOT EXISTS leases ( -- one row a running run: a few, however many sessions there are
    session_row INTEGER PRIMARY KEY REFERENCES sessions (row_id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL, -- another with each lease: who holds an older one can't write
    expires_ms INTEGER NOT NULL -- by the uptime of the machine, which nobody sets; 0: given back
  );`;
