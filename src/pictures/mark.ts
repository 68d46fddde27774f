/** Key of the metadata by which an asset in Immich is told to be ours. */
export const MARK = 'steward';
