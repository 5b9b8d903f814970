import Type from 'typebox';

const texts = (description: string, example: readonly string[]) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { default: [], description, example });

export const senderSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of the sender in alerts, API and page.',
      example: 'newsletter',
    }),
    cidr: texts('Networks that its source IPs are in.', ['203.0.113.0/24']),
    ptr: texts('Ends of the confirmed PTR names of its source IPs.', ['mailer.example']),
    dkim: texts('Domains that sign its mail (DKIM d=), or SELECTOR._domainkey.DOMAIN for one key.', ['mailer.example']),
    spf: texts('Domains that SPF passes for.', ['bounce.mailer.example']),
  },
  { additionalProperties: false },
);
