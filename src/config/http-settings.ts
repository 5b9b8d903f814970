import Type from 'typebox';

/** Who else stands between this service and who asks it. */
export const httpSettings = {
  cors_origins: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), {
    default: [],
    description: 'Origins whose pages may read the API in a browser. Empty: none.',
    env: 'RUAWATCH_CORS_ORIGINS',
    expects: 'a list of origins such as https://grafana.example.org, without a slash at the end',
    example: ['https://grafana.example.org'],
  }),
  trusted_proxies: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description:
      'Reverse proxies whose X-Forwarded-For is believed, as addresses or networks: requests are then counted for the client that it names last and that is none of these. Empty: none is believed, and all clients of a proxy count as one.',
    env: 'RUAWATCH_TRUSTED_PROXIES',
    expects: 'a list of addresses or networks, such as 127.0.0.1 or 2001:db8::/32',
    example: ['127.0.0.1'],
  }),
};
