/** Lines to change, in the language that a container or unit is written in. */
import type { ContainerFacts, UnitFacts } from './facts.ts';

type Line = {
  /** An option of `podman run` or `docker run`. */
  run: string;
  compose: string;
  /** Of NixOS's `oci-containers`; the option of `run` goes among the extra ones without it. */
  nix?: string;
};

export function containerLine({ dialect, name }: ContainerFacts, { run, compose, nix }: Line): string {
  switch (dialect) {
    case 'compose':
      return compose;
    case 'nix':
      return `virtualisation.oci-containers.containers.${name}.${nix ?? `extraOptions = [ "${run}" ]`};`;
    case 'run':
      return run;
  }
}

/** A line of a unit's section `[Service]`: `Restart=always`. */
export function serviceLine({ dialect, name }: UnitFacts, key: string, value: string): string {
  const stem = name.replace(/\.service$/, '');
  return dialect === 'nix'
    ? `systemd.services.${stem}.serviceConfig.${key} = "${value}";`
    : `${key}=${value}`;
}

/** `127.0.0.1:8080:80` in the place of what is published now. */
export const portLine = (container: ContainerFacts, published: string): string =>
  containerLine(container, {
    run: `--publish=${published}`,
    compose: `ports: ["${published}"]`,
    nix: `ports = [ "${published}" ]`,
  });
