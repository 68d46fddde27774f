/** `immich-server` of immich is "server"; a name of its own stays whole. */
export const shortName = (service: string, name: string): string =>
  name.startsWith(`${service}-`) ? name.slice(service.length + 1) : name;
