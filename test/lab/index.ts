/**
 * A real MiniPC under one folder: Podman with its API, a systemd user manager with its journal, a registry,
 * a second host that is a rootless user. `setup.ts` starts it once for all lab tests; `lab()` gives it to a test.
 */

export type LabHost = {
  /** For ENGINE_SOCKET: `unix:///…/podman.sock`. */
  socket: string;
  /** For SYSTEMCTL and JOURNALCTL: a program with arguments, split on spaces. */
  systemctl: string;
  journalctl: string;
};

export type LabFacts = LabHost & {
  folder: string;
  /** Environment for `podman` by hand: CONTAINERS_CONF, CONTAINERS_STORAGE_CONF, CONTAINERS_REGISTRIES_CONF, XDG_RUNTIME_DIR. */
  env: Record<string, string>;
  /** `127.0.0.1:5…` */
  registry: string;
  /** A rootless user's engine and systemd. */
  rootless: LabHost & { uid: number };
};
