/** The album that the pictures go into: the oldest of its name that is ours, made when there is none, shared once. */
import type { Immich } from '../clients/immich.ts';
import { ImmichError, type Album } from '../clients/immich-answers.ts';
import type { Logger } from '../logger.ts';
import type { Worries } from './worries.ts';

export type PictureAlbum = {
  /** Its id, looked up or made once. */
  id(signal: AbortSignal): Promise<string>;
  /** Look it up again: it was deleted meanwhile. */
  forget(): void;
};

type Needs = {
  immich: Pick<Immich, 'me' | 'albums' | 'createAlbum' | 'users' | 'shareAlbum'>;
  name: string;
  /** E-mail address of the account that is to see it too. */
  shareWith: string | undefined;
  /** Whoever looks the album up only to empty it has none. */
  worries?: Worries;
  log: Logger;
};

/** The oldest of this name that the user owns: names are not unique, and on 3.x the list has other people's albums too. */
export const ownAlbum = (albums: readonly Album[], name: string, me: string): Album | undefined =>
  albums
    .filter((album) => album.name === name && album.ownerId === me)
    .sort((a, b) => a.createdAt - b.createdAt || a.id.localeCompare(b.id))[0];

/** Immich keeps addresses in lower case. */
const isSame = (email: string, other: string) => email.toLowerCase() === other.toLowerCase();

export function createPictureAlbum({ immich, name, shareWith, worries, log }: Needs): PictureAlbum {
  let found: Promise<string> | undefined;

  const find = async (signal: AbortSignal): Promise<string> => {
    const me = await immich.me({ signal });
    const oldest = ownAlbum(await immich.albums({ signal }), name, me.id);
    const album = oldest ?? (await immich.createAlbum(name, { signal }));
    if (oldest === undefined) log.info({ album: name }, 'album made');
    if (shareWith !== undefined && !isSame(shareWith, me.email)) await share(album, shareWith, signal);
    return album.id;
  };

  /** Filing goes on when this fails: the pictures are in the album, only somebody does not see it yet. */
  const share = async (
    album: { id: string; userIds: readonly string[] },
    email: string,
    signal: AbortSignal,
  ) => {
    const unseen = { key: 'album-unseen', album: name, email } as const;
    try {
      const user = (await immich.users({ signal })).find((one) => isSame(one.email, email));
      if (user === undefined) return worries?.raise({ ...unseen, why: { kind: 'no-account' } });
      if (!album.userIds.includes(user.id)) await immich.shareAlbum(album.id, user.id, 'editor', { signal });
      return worries?.settle(unseen.key);
    } catch (error) {
      if (!(error instanceof ImmichError)) throw error;
      const { permission, message } = error;
      const why =
        permission === undefined
          ? ({ kind: 'other', cause: message } as const)
          : ({ kind: 'permission', permission } as const);
      return worries?.raise({ ...unseen, why });
    }
  };

  return {
    async id(signal) {
      // One look-up for all that ask at a time, so that two pictures do not make two albums.
      const lookup = (found ??= find(signal));
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
