import type { ErrorAnswer } from '../model/api.js';

/** Why a request is refused; becomes the error answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly where: string | null;
  /** Of the answer. */
  headers: Readonly<Record<string, string | string[]>> = {};

  constructor(status: number, code: string, message: string, where: string | null = null) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.where = where;
  }

  withHeaders(headers: Refusal['headers']): this {
    this.headers = headers;
    return this;
  }
}

export function errorAnswerOf({ code, message, where }: Refusal): ErrorAnswer {
  return { error: { code, message, where } };
}
