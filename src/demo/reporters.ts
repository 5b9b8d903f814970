import {
  amazonMail,
  comcastMail,
  fastmailMail,
  googleMail,
  mailRuMail,
  microsoftMail,
  mimecastMail,
  mislabelledMail,
  openDmarcMail,
  plainMail,
  rspamdMail,
} from './mail-habits.js';
import type { Random } from './random.js';
import type { EvidenceHabits, Reporter } from './reporter.js';
import {
  amazonXml,
  fastmailXml,
  googleXml,
  mailRuXml,
  microsoftXml,
  modernXml,
  openDmarcXml,
  plainXml,
  yahooXml,
} from './xml-habits.js';

const digits = '0123456789';
const hex = '0123456789abcdef';

const fullEvidence: EvidenceHabits = {
  envelopeFrom: true,
  envelopeTo: null,
  selector: true,
  scope: 'mfrom',
  humanResult: null,
  modern: false,
  standingReason: null,
  forwardedAs: { type: 'forwarded', comment: null },
  rowPerMessageUpTo: 0,
};

const microsoft = {
  email: 'dmarcreport@microsoft.com',
  extraContactInfo: null,
  authentic: true,
  xml: microsoftXml,
  mail: microsoftMail,
  reportId: (_facts: unknown, random: Random) => random.text(32, hex),
};

const unitedInternet = {
  extraContactInfo: null,
  authentic: true,
  evidence: {
    ...fullEvidence,
    modern: true,
    forwardedAs: { type: 'trusted_forwarder', comment: 'known forwarding service' },
  },
  xml: modernXml,
  mail: mislabelledMail,
  reportId: (_facts: unknown, random: Random) => random.text(32, hex),
} satisfies Partial<Reporter>;

/** Largest first. Shares add up to less than one: some receivers do not report. */
export const reporters: readonly Reporter[] = [
  {
    name: 'google.com',
    submitter: 'google.com',
    email: 'noreply-dmarc-support@google.com',
    extraContactInfo: 'https://support.google.com/a/answer/2466580',
    share: 0.42,
    reliability: 0.99,
    mailsAt: 150,
    authentic: true,
    evidence: {
      ...fullEvidence,
      envelopeFrom: false,
      scope: null,
      forwardedAs: { type: 'local_policy', comment: 'arc=pass' },
    },
    xml: googleXml,
    mail: googleMail,
    reportId: (_facts, random) => `1${random.text(18, digits)}`,
  },
  {
    ...microsoft,
    name: 'Enterprise Outlook',
    submitter: 'enterprise.protection.outlook.com',
    share: 0.16,
    reliability: 0.85,
    mailsAt: 300,
    evidence: { ...fullEvidence, envelopeTo: ['customers.example', 'partners.example'] },
  },
  {
    name: 'Yahoo',
    submitter: 'Yahoo',
    email: 'dmarchelp@yahooinc.com',
    extraContactInfo: null,
    share: 0.09,
    reliability: 0.6,
    mailsAt: 60,
    authentic: true,
    evidence: { ...fullEvidence, envelopeFrom: false, scope: null },
    xml: yahooXml,
    mail: plainMail,
    reportId: ({ day }, random) => `${day + 90_000 + random.integer(3600)}.${random.text(6, digits)}`,
  },
  {
    ...microsoft,
    name: 'Outlook.com',
    submitter: 'protection.outlook.com',
    share: 0.1,
    reliability: 0.5,
    mailsAt: 310,
    evidence: { ...fullEvidence, envelopeTo: ['readers.example', 'friends.example'] },
  },
  {
    ...unitedInternet,
    name: 'GMX',
    submitter: 'gmx.net',
    email: 'noreply-dmarc@sicher.gmx.net',
    share: 0.03,
    reliability: 0.2,
    mailsAt: 100,
  },
  {
    ...unitedInternet,
    name: 'WEB.DE',
    submitter: 'web.de',
    email: 'noreply-dmarc@sicher.web.de',
    share: 0.03,
    reliability: 0.18,
    mailsAt: 105,
  },
  {
    name: 'Mail.Ru',
    submitter: 'mail.ru',
    email: 'dmarc_support@corp.mail.ru',
    extraContactInfo: 'https://help.mail.ru/mail-help',
    share: 0.03,
    reliability: 0.2,
    mailsAt: 20,
    authentic: true,
    evidence: fullEvidence,
    xml: mailRuXml,
    mail: mailRuMail,
    reportId: (_facts, random) => random.text(38, digits),
  },
  {
    name: 'AMAZON-SES',
    submitter: 'amazonses.com',
    email: 'postmaster@amazonses.com',
    extraContactInfo: null,
    share: 0.02,
    reliability: 0.2,
    mailsAt: 200,
    authentic: true,
    evidence: { ...fullEvidence, envelopeFrom: false },
    xml: amazonXml,
    mail: amazonMail,
    reportId: (_facts, random) => [8, 4, 4, 4, 12].map((length) => random.text(length, hex)).join('-'),
  },
  {
    name: 'Comcast',
    submitter: 'comcast.net',
    email: 'dmarc_reporting@comcast.net',
    extraContactInfo: null,
    share: 0.03,
    reliability: 0.2,
    mailsAt: 180,
    authentic: true,
    evidence: fullEvidence,
    xml: plainXml,
    mail: comcastMail,
    reportId: ({ day }, random) => `v2-${day}-${random.text(12, hex)}`,
  },
  {
    name: 'Mimecast.org',
    submitter: 'mimecast.org',
    email: 'no-reply@mimecastreport.com',
    extraContactInfo: null,
    share: 0.02,
    reliability: 0.18,
    mailsAt: 240,
    authentic: true,
    evidence: { ...fullEvidence, envelopeFrom: false, humanResult: '' },
    xml: { ...plainXml, declaration: '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' },
    mail: mimecastMail,
    reportId: (_facts, random) => random.text(64, hex),
  },
  {
    name: 'Fastmail Pty Ltd',
    submitter: 'fastmail.com',
    email: 'reports@fastmaildmarc.com',
    extraContactInfo: null,
    share: 0.02,
    reliability: 0.15,
    mailsAt: 45,
    authentic: true,
    evidence: {
      ...fullEvidence,
      forwardedAs: { type: 'trusted_forwarder', comment: 'Policy ignored due to local white list' },
    },
    xml: fastmailXml,
    mail: fastmailMail,
    reportId: (_facts, random) => `1${random.text(8, digits)}`,
  },
  rspamdSite('mx.nordhaven.test', 0.006, 0.2),
  openDmarcSite('mail.stonequay.test', 0.004, 0.18),
];

/** One more small receiver; `number` counts from 1 and tells them apart. */
export function smallSite(number: number): Reporter {
  const name = `mx.site-${number}.test`;
  return number % 2 === 1 ? rspamdSite(name, 0.003, 1) : openDmarcSite(name, 0.003, 1);
}

/** Its id is the same for every rspamd site in the world: policy domain, begin, end. */
function rspamdSite(name: string, share: number, reliability: number): Reporter {
  return {
    name,
    submitter: name,
    email: `dmarc@${name}`,
    extraContactInfo: null,
    share,
    reliability,
    mailsAt: 15,
    authentic: true,
    evidence: { ...fullEvidence, envelopeFrom: false, selector: false, scope: null },
    xml: plainXml,
    mail: rspamdMail,
    reportId: ({ domain, day }) => `${domain.name}.${day}.${day + plainXml.window}`,
  };
}

/** Does not aggregate small numbers, gives a reason on every row, and its mails are not signed. */
function openDmarcSite(name: string, share: number, reliability: number): Reporter {
  return {
    name,
    submitter: name,
    email: `opendmarc@${name}`,
    extraContactInfo: null,
    share,
    reliability,
    mailsAt: 30,
    authentic: false,
    evidence: {
      ...fullEvidence,
      standingReason: { type: 'local_policy', comment: 'arc=fail' },
      rowPerMessageUpTo: 12,
    },
    xml: openDmarcXml,
    mail: openDmarcMail,
    reportId: ({ domain, day }) => `${domain.name}:${day + 87_000}`,
  };
}
