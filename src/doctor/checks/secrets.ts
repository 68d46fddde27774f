/** Where secrets lie, and in which form. */
import type { DoctorCheck } from '../check.ts';
import { containersOf, unitsOf, type SecretFile } from '../facts.ts';
import { isSecretName } from '../secret-name.ts';

/** Milliseconds: what was wrong before may be over. */
const RECENT = 24 * 3_600_000;

export const secretChecks: readonly DoctorCheck[] = [
  {
    name: 'secret-in-environment',
    severity: 'notice',
    needs: ['containers', 'units'],
    look: (facts) =>
      [...containersOf(facts), ...unitsOf(facts)].flatMap(({ name, service, variables }) => {
        const names = variables.filter(isSecretName);
        return names.length === 0 ? [] : [{ subject: name, service, values: { names: names.join(', ') } }];
      }),
  },
  {
    name: 'secret-readable',
    severity: 'warning',
    needs: ['secretFiles'],
    look: ({ secretFiles }) =>
      oncePerFile(secretFiles.filter(({ isOpen }) => isOpen)).map(({ path, reader, service, mode = 0 }) => ({
        subject: path,
        service,
        values: { reader, mode: (mode & 0o777).toString(8).padStart(4, '0') },
        fix: `chmod o-rwx ${path}`,
      })),
  },
  {
    name: 'secret-form',
    severity: 'warning',
    needs: ['secretFiles'],
    look: ({ secretFiles }) =>
      secretFiles.filter(isMisread).map(({ path, reader, service, form, as }) => ({
        subject: path,
        service,
        ...(form === 'missing' ? { severity: 'critical' as const } : {}),
        values: { reader, form, as },
        fix: form === 'windows' ? `sed -i 's/\\r$//' ${path}` : undefined,
      })),
  },
  {
    name: 'acme-token',
    severity: 'critical',
    needs: ['acme'],
    look: ({ acme }) =>
      acme
        .filter(({ missing }) => missing.length > 0)
        .map(({ unit, service, missing }) => ({
          subject: unit,
          service,
          values: { names: missing.join(', ') },
        })),
  },
  {
    name: 'token-shared',
    severity: 'critical',
    needs: [],
    look: ({ tokenSharedAt, now }) =>
      tokenSharedAt !== undefined && now - tokenSharedAt < RECENT ? [{ subject: 'TELEGRAM_BOT_TOKEN' }] : [],
  },
];

const oncePerFile = (files: readonly SecretFile[]): SecretFile[] => [
  ...new Map(files.map((file) => [file.path, file])).values(),
];

/** Steward itself reads every form; systemd and engines do not. */
function isMisread({ as, form }: SecretFile): boolean {
  switch (as) {
    case 'lines':
      return form !== 'lines';
    case 'value':
      return form !== 'bare';
    case 'either':
      return form === 'missing';
  }
}
