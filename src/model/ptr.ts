/** A source IP that may be looked up, by its store id. */
export interface SourceAddress {
  readonly sourceId: number;
  readonly ip: string;
}

/**
 * What DNS says of a source IP. `confirmed`: the name has the address. `none`: there is no name, or none that has the address
 * and could be one. `failed`: nobody could say.
 */
export type PtrAnswer =
  | { readonly outcome: 'confirmed'; readonly name: string; readonly generic: boolean }
  | { readonly outcome: 'none' | 'failed' };

export type SourceName = PtrAnswer & { readonly sourceId: number };
