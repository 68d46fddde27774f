/** Lines to change, in the language that a container or unit is written in. */
import type { ContainerFacts, TimerFacts, UnitFacts } from './facts.ts';

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

/** Start a unit after another one. */
export const afterLine = ({ dialect, name }: Pick<UnitFacts, 'dialect' | 'name'>, other: string): string =>
  dialect === 'nix'
    ? `systemd.services.${name.replace(/\.service$/, '')}.after = [ "${other}" ];`
    : `After=${other}`;

/** Turn a timer off for good. */
export const offLine = ({ dialect, name, host }: TimerFacts): string =>
  dialect === 'nix'
    ? `systemd.timers.${name.replace(/\.timer$/, '')}.enable = false;`
    : `systemctl ${host === 'local' ? '' : '--user '}disable --now ${name}`;
