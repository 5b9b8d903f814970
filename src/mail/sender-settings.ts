import { systemClock } from '../base/clock.js';
import { openNameServers } from '../base/name-servers.js';
import { plainText } from '../base/text.js';
import type { Config } from '../config/config.js';
import { limits } from '../config/limits.js';
import { openSenderCheck } from './sender-check.js';
import type { SenderCheck, SenderNews } from './sender-check.js';

export type SenderSettings = Pick<Config, 'dkim_check' | 'dns_servers' | 'authserv_ids'>;

/** Takes a sentence for the log or a terminal. */
export type Say = (level: 'info' | 'warn', sentence: string) => void;

/** The check that the settings ask for, with the name servers of the machine or of `dns_servers`; null when it is off. */
export function senderCheckOf(settings: SenderSettings, say: Say): SenderCheck | null {
  if (settings.dkim_check === 'off') return null;
  return openSenderCheck({
    resolver: openNameServers(settings.dns_servers),
    clock: systemClock,
    limits,
    authservIds: settings.authserv_ids,
    cautious: settings.dkim_check === 'auto',
    news: newsBy(say),
  });
}

export const silence =
  'no name server answers: DKIM signatures are not checked, and what only they would prove stays unverified';

/** What to do when most signed mails were altered. */
export const alteredRemedy =
  'something changes them on their way: set authserv_ids to the server that sees them first, or dkim_check: off';

function newsBy(say: Say): SenderNews {
  return {
    answering: (answering) => {
      if (answering) say('info', 'a name server answers again: DKIM signatures are checked');
      else say('warn', `${silence}; asked again after a minute`);
    },
    altered: (mailbox) => {
      say(
        'warn',
        `most of the newest signed mails of ${plainText(mailbox, 64)} do not match their signatures; ${alteredRemedy}`,
      );
    },
  };
}
