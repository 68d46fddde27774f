/** The album that the inbox goes into: the oldest of its name that the owner has, made when there is none. */
import type { Immich } from '../clients/immich.ts';
import { ownAlbum } from '../pictures/album.ts';

export type OwnAlbum = {
  /** @param owner id of the key's user: its own uploads tell it, so that the key needs no permission to ask */
  id(owner: string, signal: AbortSignal): Promise<string>;
  /** Look it up again: it was deleted meanwhile. */
  forget(): void;
};

export function createOwnAlbum(immich: Pick<Immich, 'albums' | 'createAlbum'>, name: string): OwnAlbum {
  let found: Promise<string> | undefined;

  const find = async (owner: string, signal: AbortSignal): Promise<string> =>
    (ownAlbum(await immich.albums({ signal }), name, owner) ?? (await immich.createAlbum(name, { signal })))
      .id;

  return {
    async id(owner, signal) {
      // One look-up for all that ask at a time, so that two files do not make two albums.
      const lookup = (found ??= find(owner, signal));
      try {
        return await lookup;
      } catch (error) {
        if (found === lookup) found = undefined;
        throw error;
      }
    },
    forget: () => void (found = undefined),
  };
}
