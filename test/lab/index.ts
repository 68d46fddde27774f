/**
 * A real MiniPC under one folder: a box of Linux namespaces with a systemd of its own as process 1, its journal,
 * Podman with its API, a registry, and a second host that is a rootless user of the same machine.
 * `setup.ts` starts it once for all lab tests; `lab()` gives it to a test.
 */
import { inject } from 'vitest';
import { openLab, type Lab } from './tools.ts';

export type LabHost = {
  /** For ENGINE_SOCKET: `unix:///…/podman.sock`. */
  socket: string;
  /**
   * For SYSTEMCTL and JOURNALCTL: a program with arguments, split on spaces. The first host's is the system manager,
   * as on a MiniPC (`journalctl -u`, `_SYSTEMD_UNIT=`), the rootless one's is `--user` (`_SYSTEMD_USER_UNIT=`).
   */
  systemctl: string;
  journalctl: string;
  /** Podman's own command line on this host, likewise. Never run a bare `podman`: it sees other processes and mounts. */
  podmanCommand: string;
  /** Unit files in here are found after `systemctl daemon-reload`. */
  unitFolder: string;
};

export type LabFacts = LabHost & {
  folder: string;
  /**
   * Environment for `podman` by hand: PATH begins with a `podman` that enters the machine. The configuration is the
   * machine's /etc/containers; CONTAINERS_CONF, CONTAINERS_STORAGE_CONF and CONTAINERS_REGISTRIES_CONF name the same files.
   */
  env: Record<string, string>;
  /** `127.0.0.1:2…`, from inside and outside alike. */
  registry: string;
  /** The machine's address on the link to this host: published ports and host-network containers answer there. */
  address: string;
  /** This host's on that link, where the machine reaches what listens out here. */
  outside: string;
  /** Runs what follows inside the machine, where 127.0.0.1 and /run are its own: program with arguments. */
  enter: string;
  /** The machine's process 1, as a pid out here. */
  pid: number;
  /** A rootless user's engine and systemd. */
  rootless: LabHost & { uid: number };
};

/**
 * The running lab, with tools for both hosts. Only in tests of the project `lab`. All test files share it at the same
 * time: take names and ports of your own, and remove what you add. Who needs the whole reference host, or stops the
 * engine, starts a lab of its own with `startLab()` (start.ts), which takes some four seconds.
 */
export function lab(): Lab {
  return openLab(inject('lab'));
}
