import type { ErrorAnswer } from '../model/api.js';

/** Why a request is refused; becomes the error answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly where: string | null;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string | string[]>>;

  constructor(
    status: number,
    code: string,
    message: string,
    where: string | null = null,
    headers: Refusal['headers'] = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.where = where;
    this.headers = headers;
  }
}

export function errorAnswerOf({ code, message, where }: Refusal): ErrorAnswer {
  return { error: { code, message, where } };
}
