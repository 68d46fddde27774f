/** Fact of the store: put when Telegram says that another copy of the bot polls with its token. */
export const TOKEN_SHARED = 'telegram:token-shared';
