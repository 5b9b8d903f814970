/** OpenSSL's words, as Node passes them on. */
const strange = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT/;

/** Whether a TLS error says that the certificate is of an authority that we do not know. */
export function isStrangeAuthority(code: string): boolean {
  return strange.test(code);
}
