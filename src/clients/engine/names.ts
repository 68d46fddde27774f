/**
 * What can be a name or an id. Anything else is not put into a path: an empty name or dots would have the engine
 * redirect, and docker-modem throws outside of any promise when it follows.
 */
export const CONTAINER = /^[A-Za-z0-9][\w.-]*$/;
export const IMAGE = /^[A-Za-z0-9][\w.-]*(?:[:@/+][\w.-]*[A-Za-z0-9_-][\w.-]*)*$/;

export function requireContainer(name: string, doing: string): void {
  if (!CONTAINER.test(name)) throw new Error(`Cannot ${doing}: no such container`);
}
