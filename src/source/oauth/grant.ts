import { clientAssertion, serviceAccountAssertion } from './assertion.js';
import type { Asker } from './assertion.js';

type Fields = Readonly<Record<string, string>>;

/** What is asked for, and by what right. `refreshToken` plays a part in its own grant only. */
export async function grantFields(asker: Asker, refreshToken: string): Promise<Fields> {
  const { oauth } = asker;
  switch (oauth.grant) {
    case 'refresh_token':
      return { grant_type: 'refresh_token', refresh_token: refreshToken, ...scopeOnRefresh(asker) };
    case 'client_credentials':
      return { grant_type: 'client_credentials', ...scopeField(asker) };
    case 'service_account': {
      const assertion = await serviceAccountAssertion(asker);
      return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    }
  }
}

export function scopeField({ oauth }: Pick<Asker, 'oauth'>): Fields {
  return oauth.scope === '' ? {} : { scope: oauth.scope };
}

/** RFC 6749 section 6: left out it means what was granted; only Microsoft needs it, as one refresh token serves several of its APIs. */
function scopeOnRefresh(asker: Asker): Fields {
  return asker.oauth.provider === 'microsoft' ? scopeField(asker) : {};
}

/** How the application shows who it is (RFC 6749 section 2.3.1; RFC 7523 section 2.2); a service account does so by its grant. */
export async function clientFields(asker: Asker): Promise<Fields> {
  const { oauth } = asker;
  if (oauth.grant === 'service_account' || oauth.client_id === null) return {};
  if (oauth.client_secret !== null) return { client_id: oauth.client_id, client_secret: oauth.client_secret };
  if (oauth.certificate_file === null) return { client_id: oauth.client_id };
  return {
    client_id: oauth.client_id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await clientAssertion(asker),
  };
}
