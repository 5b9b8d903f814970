/** What a bearer token may do: read (every GET), admin (change what is said of alerts and senders), push (post mails). */
export const tokenScopes = ['read', 'admin', 'push'] as const;

export type TokenScope = (typeof tokenScopes)[number];

/** A stored bearer token. Times are Unix seconds. */
export interface ApiToken {
  readonly name: string;
  /** SHA-256 of the token. */
  readonly digest: Buffer;
  readonly scopes: readonly TokenScope[];
  readonly made_at: number;
  /** The first moment at which it is no longer taken; null: it is taken until it is revoked. */
  readonly expires_at: number | null;
  /** Midnight UTC of the day when it was last used. */
  readonly last_used_day: number | null;
  readonly revoked_at: number | null;
}
