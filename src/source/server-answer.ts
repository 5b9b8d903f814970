import { codeOf, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { withoutSecrets, withoutThese } from './oauth/secrets.js';

/** What an error of imapflow, the socket or TLS tells; "" where it tells nothing. */
export interface ServerAnswer {
  /** Code of the socket, of TLS or of imapflow. */
  readonly code: string;
  /** Tagged status of a refused command: `NO` or `BAD`. */
  readonly status: string;
  /** Response code in brackets (RFC 5530), upper case. */
  readonly responseCode: string;
  /** The words of the server, else of the error; one printable line. */
  readonly said: string;
  readonly loginRefused: boolean;
  readonly tlsFailed: boolean;
}

/** `secrets`: what may not be repeated; taken out before the words are cut to length. */
export function answerOf(error: unknown, secrets: readonly string[] = []): ServerAnswer {
  const fields: Readonly<Record<string, unknown>> = typeof error === 'object' && error !== null ? { ...error } : {};
  const textOf = (key: string): string => (typeof fields[key] === 'string' ? fields[key] : '');
  const code = codeOf(error);
  const words = textOf('responseText') || textOf('response') || textOf('reason');
  const loginRefused = fields['authenticationFailed'] === true;
  const without = loginRefused ? withoutSecrets : withoutThese;
  return {
    code,
    status: textOf('responseStatus'),
    responseCode: textOf('serverResponseCode') || responseCodeIn(fields['response']),
    said: plainText(without(words || messageOf(error) || code, secrets)),
    loginRefused,
    tlsFailed: fields['tlsFailed'] === true,
  };
}

/** imapflow leaves the answer to a refused FETCH as it was parsed: the code is the first value of the first section. */
function responseCodeIn(response: unknown): string {
  const path = ['attributes', '0', 'section', '0', 'value'];
  const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), response);
  return typeof value === 'string' ? value.toUpperCase() : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The status of a command that the server refused (`NO`, `BAD`), or "" for every other error. */
export function refusalOf(error: unknown): string {
  return answerOf(error).status;
}
