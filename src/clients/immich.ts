/** Immich, from 2.5 to 3.1 by one code path (facts: the server ignores and sends unknown keys). */
export type Immich = { readonly url: string };
