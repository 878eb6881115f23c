/** Where `lornu up` stores conversations. */
export type StoreChoice = 'sqlite' | 'firestore';

type Env = Readonly<Record<string, string | undefined>>;

/** The default project: a stand-in accepts any. */
const PROJECT = 'lornu';
const DATABASE = 'staging';

/** Whether our stand-in must run: not if the environment names one. */
export function needsFirestoreStandin(store: StoreChoice, env: Env): boolean {
  return store === 'firestore' && !env['FIRESTORE_EMULATOR_HOST'];
}

/** The environment for this store; `host` is our stand-in's, once it runs. */
export function withStore(store: StoreChoice, env: Env, host = '127.0.0.1:1'): Env {
  if (store === 'sqlite') return env;
  return {
    ...env,
    LORNU_SESSION_STORE: 'firestore',
    GOOGLE_CLOUD_PROJECT: env['GOOGLE_CLOUD_PROJECT'] || PROJECT,
    FIRESTORE_DATABASE: env['FIRESTORE_DATABASE'] || DATABASE,
    FIRESTORE_EMULATOR_HOST: env['FIRESTORE_EMULATOR_HOST'] || host,
  };
}

/** A description for the person who started it. */
export function describeStore(store: StoreChoice, env: Env): string {
  if (needsFirestoreStandin(store, env)) {
    const name =
      env['LORNU_FIRESTORE_EMULATOR'] === 'google' ? "Google's Firestore emulator" : 'Firestore stand-in';
    return `${name}, in memory: gone when it stops`;
  }
  if (store === 'firestore') return `Firestore at ${env['FIRESTORE_EMULATOR_HOST']}`;
  return env['LORNU_SESSION_STORE'] === 'firestore' ? 'Firestore, as the environment says' : 'SQLite';
}
