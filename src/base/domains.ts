/** Whether a domain is one of ours or below one of ours; every domain is when none is named. */
export function isAmong(ours: readonly string[]): (domain: string) => boolean {
  if (ours.length === 0) return () => true;
  const names = ours.map((each) => each.toLowerCase());
  return (domain) => names.some((each) => domain === each || domain.endsWith(`.${each}`));
}
