/** Messages that one reporter saw from one source IP with the same raw results and the same fate. */
export interface RecordGroup {
  readonly messages: number;
  readonly ip: string;
  readonly reporter: string;
  /** "" when the report does not say. */
  readonly headerFrom: string;
  readonly verdict: 'pass_both' | 'pass_dkim' | 'pass_spf' | 'fail';
  /** What the receiver did, as reported; "" when the report does not say. */
  readonly disposition: string;
  /** A reason of the receiver says that the mail was forwarded. */
  readonly forwarded: boolean;
  readonly dkim: readonly { readonly domain: string; readonly selector: string; readonly result: string }[];
  readonly spf: readonly { readonly domain: string; readonly result: string }[];
}

/** How strictly the policy wants domains to align: `r`, `s`, or null when no report says. */
export interface AlignmentModes {
  readonly adkim: string | null;
  readonly aspf: string | null;
}
