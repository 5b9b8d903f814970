/** The organisational domain of a domain name, lower case. */
export type OrganisationOf = (domain: string) => string;

/** The list of public suffixes is loaded with the first mail that needs it: that takes longer than reading a hundred reports. */
export async function organisations(): Promise<OrganisationOf> {
  return (await import('../base/organisation.js')).organisationOf;
}
