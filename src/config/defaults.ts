/** Where the store is unless somebody says otherwise. */
export const defaultDb = './data/ruawatch.db';
