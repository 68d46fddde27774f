/**
 * What each of our own programs gets from here: where programs are, and where Node keeps what it has compiled
 * (vitest.config.ts says where). Without it half of a start's processor time goes into reading the sources.
 */
export const CHILD_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].map((name) => [name, process.env[name] ?? '']),
);
