/** What the key for pictures may do, and whose it is. */
import type { DoctorCheck, Found } from '../check.ts';
import type { DoctorFacts, ImmichFacts } from '../facts.ts';

/** Without these a picture is not filed or the album not cleaned: each was dropped in turn on 2.6.3 and 3.1.0. */
const NEEDED = [
  'asset.upload',
  'asset.read',
  'asset.update',
  'asset.delete',
  'album.read',
  'album.create',
  'albumAsset.create',
  'albumAsset.delete',
  'user.read',
];
const TO_SHARE = 'albumUser.create';
/** They only look. */
const HARMLESS = /^(?:server\.|(?:asset|album|user|albumUser)\.(?:read|view|statistics|download)$)/;

export const immichChecks: readonly DoctorCheck[] = [
  {
    name: 'immich-key-lacks',
    severity: 'warning',
    needs: ['immich'],
    look: (facts) =>
      ofKey(facts, ({ permissions }) => {
        const needed = facts.settings.shareWith === undefined ? NEEDED : [...NEEDED, TO_SHARE];
        if (permissions.includes('all')) return [];
        return needed.filter((one) => !permissions.includes(one));
      }),
  },
  {
    name: 'immich-key-excess',
    severity: 'warning',
    needs: ['immich'],
    look: (facts) =>
      ofKey(facts, ({ permissions }) =>
        permissions.filter((one) => one !== TO_SHARE && !NEEDED.includes(one) && !HARMLESS.test(one)),
      ),
  },
  {
    name: 'immich-key-owner',
    severity: 'critical',
    needs: ['immich'],
    look({ immich, settings }) {
      if (immich === undefined || !('known' in immich)) return [];
      const { email, isAdmin } = immich.known;
      if (email === undefined || !(isAdmin || email === settings.shareWith)) return [];
      return [{ subject: 'IMMICH_API_KEY', values: { email } }];
    },
  },
];

function ofKey({ immich }: DoctorFacts, wrong: (key: ImmichFacts) => readonly string[]): Found[] {
  const names = immich !== undefined && 'known' in immich ? wrong(immich.known) : [];
  return names.length === 0 ? [] : [{ subject: 'IMMICH_API_KEY', values: { names: names.join(', ') } }];
}
