/** Fields of a token request that nobody may see. */
const secretFields = [
  'client_secret',
  'refresh_token',
  'assertion',
  'client_assertion',
  'device_code',
  'code',
  'code_verifier',
];

/** Such a run of characters is a token, a key or a signature; trace IDs and host names are shorter or have other characters. */
const tokenLike = /[A-Za-z0-9+/_=.~-]{60,}/g;

const hidden = '***';

/** The secrets of a form. */
export function secretsOf(form: Readonly<Record<string, string>>): readonly string[] {
  return secretFields.flatMap((key) => form[key] ?? []);
}

/** What a server said, without the secrets that it was sent, nor anything that looks like one. */
export function withoutSecrets(said: string, secrets: readonly string[]): string {
  return withoutThese(said, secrets).replace(tokenLike, hidden);
}

export function withoutThese(said: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== '').reduce((text, secret) => text.replaceAll(secret, hidden), said);
}
