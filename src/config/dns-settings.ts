import Type from 'typebox';

/** What DNS is asked for, and whom. */
export const dnsSettings = {
  dkim_check: Type.Union([Type.Literal('auto'), Type.Literal('on'), Type.Literal('off')], {
    default: 'auto',
    description:
      'Whether the DKIM signatures of report mails are checked as they arrive, which asks DNS for the keys. auto (while a name server answers), on or off. Turn it off when something changes mails on their way to the mailbox.',
    env: 'RUAWATCH_DKIM_CHECK',
  }),
  ptr_lookups: Type.Union([Type.Literal('auto'), Type.Literal('off')], {
    default: 'auto',
    description:
      'Whether DNS is asked for the names of source IPs that fail or are busy, which name their senders. auto (in the background, while a name server answers) or off.',
    env: 'RUAWATCH_PTR_LOOKUPS',
  }),
  dns_servers: Type.Array(
    Type.String({ pattern: '^([0-9]{1,3}(\\.[0-9]{1,3}){3}(:[0-9]{1,5})?|\\[[0-9a-fA-F:]+\\](:[0-9]{1,5})?)$' }),
    {
      default: [],
      description:
        'Name servers to ask for DKIM keys and names of source IPs: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. Empty: those of the machine.',
      env: 'RUAWATCH_DNS_SERVERS',
      expects: 'a list of addresses, such as 203.0.113.53 or [2001:db8::53]:53',
      example: ['203.0.113.53'],
    },
  ),
};
