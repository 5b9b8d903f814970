/** Where the store is unless somebody says otherwise. */
export const defaultDb = './data/ruawatch.db';

/**
 * How long and how much of the mails as they came. A fault of ours in reading is found within weeks; a busy site's 300 mails
 * a day take some 50 MiB in that time, and the bound keeps a flood from filling the disk.
 */
export const defaultOriginals = { originals_days: 90, originals_mib: 1024 } as const;
