import { readFile } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/failure.js';
import type { SmtpConfig } from '../config/config.js';
import { limits as standardLimits } from '../config/limits.js';
import { PollFailure } from './poll-failure.js';
import { runPolls } from './poll-loop.js';
import type { FolderState, Source, SourceDeps } from './port.js';
import { SmtpListener } from './smtp-listener.js';
import type { KeyPair } from './smtp-listener.js';

/** What the ledger calls this source. */
export const smtpName = 'smtp';

/** Seconds between looks at whether it still listens, and with which certificate. */
export const smtpLookSeconds = 60;

/** Mail that is brought, not fetched: every poll makes sure that somebody listens. */
export function smtpSource(config: SmtpConfig, deps: SourceDeps): Source {
  const { clock, events } = deps;
  return {
    name: smtpName,
    run: async (signal) => {
      const watch = watching(config, deps);
      await runPolls({ name: smtpName, intervalMs: smtpLookSeconds * 1000, clock, events, poll: watch.look }, signal);
      await watch.close();
    },
    probe: () => probe(config),
  };
}

/** The address may be taken by the running service, so only the files are looked at. */
async function probe(config: SmtpConfig): Promise<readonly FolderState[]> {
  await readKeys(config);
  return [];
}

interface Watching {
  /** Listens, if nobody does. Resolves with the number of mails taken since the last look. */
  look(): Promise<number>;
  close(): Promise<void>;
}

function watching(config: SmtpConfig, { intake, clock, events, limits = standardLimits }: SourceDeps): Watching {
  let listener: SmtpListener | null = null;
  let cert: string | null = null;
  let taken = 0;
  const store: ConstructorParameters<typeof SmtpListener>[0]['store'] = async (mail) => {
    const [outcome] = await intake.deliver([mail]);
    if (!outcome) return false;
    taken += 1;
    return true;
  };
  return {
    look: async () => {
      const keys = await readKeys(config);
      if (!listener) {
        const opening = new SmtpListener({ name: smtpName, config, clock, limits, keys, store });
        const port = await listen(opening, config.listen);
        listener = opening;
        events.info('takes mail', { protocol: config.protocol, listen: config.listen, port, starttls: keys !== null });
      } else if (keys && keys.cert !== cert) listener.renew(keys);
      cert = keys?.cert ?? null;
      listener.sweep();
      const mails = taken;
      taken = 0;
      return mails;
    },
    close: async () => listener?.close(),
  };
}

async function listen(listener: SmtpListener, address: string): Promise<number> {
  const colon = address.lastIndexOf(':');
  try {
    return await listener.listen(address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1)));
  } catch (error) {
    const code = codeOf(error);
    const hint = hints[code] ?? 'check smtp.listen (RUAWATCH_SMTP_LISTEN), ADDRESS:PORT';
    throw new PollFailure('connect', `cannot take mail on ${address}: ${code || messageOf(error)}`, hint, error);
  }
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it or set smtp.listen (RUAWATCH_SMTP_LISTEN) to another port',
  EADDRNOTAVAIL: 'this machine does not have that address; set smtp.listen (RUAWATCH_SMTP_LISTEN) to one of its own',
  EACCES: 'this user may not listen on that port; set smtp.listen (RUAWATCH_SMTP_LISTEN) to a port from 1024 up',
};

async function readKeys({ tls_cert_file: certFile, tls_key_file: keyFile }: SmtpConfig): Promise<KeyPair | null> {
  if (certFile === null || keyFile === null) return null;
  const [cert, key] = await Promise.all([pem(certFile, 'CERTIFICATE'), pem(keyFile, 'PRIVATE KEY')]);
  return { cert, key };
}

async function pem(path: string, kind: string): Promise<string> {
  const hint = 'set smtp.tls_cert_file and smtp.tls_key_file to PEM files that this user may read';
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new PollFailure('tls', `smtp: ${path} cannot be read: ${codeOf(error) || messageOf(error)}`, hint, error);
  });
  if (text.includes('-----BEGIN ') && text.includes(`${kind}-----`)) return text;
  throw new PollFailure('tls', `smtp: ${path} holds no ${kind.toLowerCase()}`, hint);
}
