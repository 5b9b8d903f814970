import Type from 'typebox';

/** Fields of the HTTP answers. */

export const text = (description?: string) => Type.String(described(description));
export const number = (description?: string) => Type.Integer(described(description));
export const maybeText = (description?: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...described(description) });
export const maybeNumber = (description?: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], ...described(description) });
export const word = <const W extends string>(words: readonly W[], description?: string) =>
  Type.Unsafe<W>({ type: 'string', enum: [...words], ...described(description) });

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}

export const day = (description: string) => text(`${description} UTC midnight, ISO 8601.`);
export const maybeDay = (description: string) => maybeText(`${description} UTC midnight, ISO 8601.`);
export const time = (description: string) => text(`${description} ISO 8601 UTC.`.trim());
export const maybeTime = (description: string) => maybeText(`${description} ISO 8601 UTC.`.trim());

export const passRate = Type.Unsafe<number | null>({
  type: ['number', 'null'],
  description: 'pass / messages, 0 to 1; null without messages.',
});
export const counts = {
  messages: number('Messages (the sum of count), never rows.'),
  pass: number('Messages that passed DMARC by DKIM or SPF.'),
  fail: number('Messages that did not.'),
  pass_rate: passRate,
};

export const complete = Type.Boolean({
  description: 'Whether nearly all reports of the day should have arrived. A day that is not complete is no drop.',
});
