/** What only the command line says. */

export const terminal = {
  usage: 'Usage: steward <command> [arguments] [--json] [--yes] [--dry-run]',
  unknownCommand: (word: string, nearest: readonly string[]) =>
    `There is no command "${word}".${nearest.length === 0 ? ' See steward help.' : ` Did you mean ${nearest.join(' or ')}?`}`,
  failed: (cause: string, wantsSudo: boolean) =>
    `That did not work: ${cause.replace(/\.$/, '')}.${wantsSudo ? ' Use sudo.' : ''}`,
  unchanged: 'Nothing was changed.',
  brokenOff: 'it was broken off',
  resumes: (again: string) =>
    `it was broken off. The bot takes it up within a minute; where none runs, "${again}" does`,
  nobodyToAsk: 'This needs a yes, and there is no terminal to ask: use --yes, or --dry-run to see the plan.',
  type: (word: string) => `To go ahead, type ${word}: `,
  goAhead: 'Go ahead? [y/N] ',
  yes: /^y(es)?$/i,
};
