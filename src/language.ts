/** Languages that Steward speaks, by their codes of ISO 639-1, as Telegram has them too. The first is the default. */
export const LANGUAGES = ['en', 'ko'] as const;
export type Language = (typeof LANGUAGES)[number];
