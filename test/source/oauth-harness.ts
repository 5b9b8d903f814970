import type { OauthConfig } from '../../src/config/oauth-settings.js';
import type { TokenServer } from '../support/token-server.js';

/** Settings of a generic provider with a refresh token. */
export function oauthAt(server: TokenServer, tokenFile: string, settings: Partial<OauthConfig> = {}): OauthConfig {
  return {
    provider: 'generic',
    grant: 'refresh_token',
    tenant: null,
    client_id: 'ruawatch',
    client_secret: 'the-client-secret',
    client_secret_file: null,
    certificate_file: null,
    key_file: null,
    service_account_file: null,
    token_file: tokenFile,
    token_url: server.tokenUrl,
    device_url: null,
    scope: '',
    ...settings,
  };
}

/** Time that stands still until a test moves it. */
export class StillClock {
  ms = Date.UTC(2024, 0, 1);
  /** Every sleep, in milliseconds; it passes at once. */
  readonly sleeps: number[] = [];

  now = (): number => this.ms;

  sleep = async (ms: number): Promise<void> => {
    this.sleeps.push(ms);
    this.ms += ms;
  };
}
