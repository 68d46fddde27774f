/** Names of our own for images on their way, so that nothing that a unit runs moves before it is stopped. */

/** No registry has this name, so nothing is ever pulled from it. */
const OURS = 'steward.local';

/** Whether a name is one of these. */
export const isOurs = (name: string): boolean => name.startsWith(`${OURS}/`);

/** @param id of the journal's row */
export const nextTag = (container: string, id: string): string =>
  `${OURS}/next/${repository(container)}:${id}`;
export const rollbackTag = (container: string, id: string): string =>
  `${OURS}/rollback/${repository(container)}:${id}`;

/** A container's name may hold upper case, and end in what a repository may not. */
const repository = (container: string): string =>
  container
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
