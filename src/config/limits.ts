const kib = 1024;
const mib = 1024 * kib;

/** Every bound on hostile input, each with its reason. One past the bound is an outcome, never a crash. */
export const limits = {
  /** A mail. RFC 8460 and most receivers call 10 MB a common limit; base64 of a 36 MB gzip (a million records) is 49 MB. */
  mailBytes: 64 * mib,
  /** A mail or file whose original is kept: what a mail may have. A larger bare file is still where it was found. */
  originalBytes: 64 * mib,
  /** Milliseconds over one mail after which the thread that reads it is given up. Two million records take some 40 s. */
  mailMs: 180_000,
  /** Milliseconds for what is under way when the service ends, in the loops and again in the writing thread: it ends in under 5 s, before anybody kills it. */
  closeMs: 2_000,
  /** Requests that one client (IPv6: one /64) may make in a minute. Three dashboards of 30 panels that ask every five seconds make 1,080. */
  httpRequestsPerMinute: 3_000,
  /** Clients whose requests of a minute are counted each by itself; those beyond share one count. A team has some dozens. */
  httpClients: 10_000,
  /** Different wrong tokens that one client may show in a minute. A person mistypes a few; a dashboard with a revoked one shows the same again and again. */
  httpWrongTokensPerMinute: 20,
  /** Bearer tokens in the store. All are compared with the one that a request shows, in some ten microseconds. */
  apiTokens: 100,
  /** Characters in the name of a bearer token: a word or a host name. */
  apiTokenNameChars: 64,
  /** Days after which a bearer token may expire at most: ten years. What is to last longer has no date. */
  apiTokenDays: 3_650,
  /** Answers that each kind of statistics is kept of until something is written. A dashboard asks some ten a kind. */
  keptAnswers: 20,
  /** Rows of an answer that is kept: with ten kinds some 80 MB at most. A page has 1,000 unless more are asked for. */
  keptRows: 1_000,
  /** Questions that wait for the thread that reads the statistics: who stops listening is answered all the same, and all others wait for it. Three dashboards of 30 panels ask some 200 at once. */
  waitingQuestions: 500,
  /** Milliseconds that a scrape waits for the numbers of the store, the first time: Prometheus gives up after ten seconds, and then has nothing. */
  awaitedNumbersMs: 1_000,
  /** Mails that arrive over HTTP at one moment, together, as they are held in memory; over SMTP the same. Room for two of the largest. */
  arrivingBytes: 128 * mib,
  /** Learnt policy domains with a label of their own in an OpenMetrics export: the default of metrics_max_domains. A forger can name any number. */
  exportedDomains: 200,
  /** SMTP connections at one moment. Reporters open one to three. */
  smtpConnections: 100,
  /** Of these, from one client (IPv6: from one /64). A relay opens 20 to one place (Postfix: default_destination_concurrency_limit). */
  smtpConnectionsPerClient: 20,
  /** Commands of one SMTP connection. A mail takes four; a relay sends its backlog over one connection. */
  smtpCommands: 10_000,
  /** Recipients of one mail. RFC 5321 section 4.5.3.1.8 asks for at least 100. */
  smtpRecipients: 100,
  /** Mails that one client may begin in a minute. A relay that comes back with a backlog sends some hundreds. */
  smtpMailsPerMinute: 1_000,
  /** Seconds that an SMTP connection may be silent. RFC 5321 section 4.5.3.2.7 asks for five minutes. */
  smtpIdleSeconds: 300,
  /** Seconds that an SMTP connection may last. The largest mail over 0.2 Mbit/s takes 45 minutes. */
  smtpSessionSeconds: 3_600,
  /** Folders of a mailbox that wildcards may stand for; each costs three commands a poll. Real accounts have some hundreds. */
  mailboxFolders: 500,
  /** A folder in one poll; the rest is left to the next, so that a slow server cannot keep the other folders for ever. */
  folderPollSeconds: 1_800,
  /** Bytes a second that a server must send. Below the worst lines in use; 64 MB then take an hour. */
  fetchBytesPerSecond: 16 * kib,
  /** Leaf parts looked at in a mail. Real report mails have 1-4; digests of forwarded reports some dozens. */
  mailParts: 200,
  /** Depth of the MIME tree, nested message/rfc822 included. Real: at most 5. */
  mailDepth: 20,
  /** Header block of one MIME node. Real: up to 30 KiB of Received and ARC lines. */
  mailHeaderBytes: 256 * kib,
  /** DKIM signatures of a mail that are checked, those of the domain in From. Real: 1 or 2, when keys of two kinds are in use. */
  dkimSignatures: 5,
  /** Body of a mail whose signatures are checked; it is held several times over. Report mails over 10 MB are refused by most receivers. */
  dkimBodyBytes: 16 * mib,
  /** TXT record of a DKIM key. The longest key that is accepted takes 1.4 KiB. */
  dkimKeyChars: 4096,
  /** DKIM keys that are remembered. A busy site hears from some hundreds of reporters. */
  dkimKeys: 1_000,
  /** Containers in containers (gz in zip in gz). Real: 2. */
  archiveDepth: 3,
  /** Members of one archive that are opened. */
  archiveMembers: 1_000,
  /** Entries of one archive that are looked at, directories included; each costs reads of the file. Real archives have a handful. */
  archiveEntries: 1_000,
  /** Members of gzip streams and archives in one mail. A gzip packer of 64 KiB blocks makes 12,000 of a million records. */
  packedMembers: 20_000,
  /** A zip or tar inside another container, held in memory: its directory is at its end. Real ones are below 1 MB. */
  nestedArchiveBytes: 32 * mib,
  /** Packed bytes of one part or file. */
  packedBytes: 512 * mib,
  /** Unpacked bytes of one report. A million records pretty-printed are 735 MB. */
  unpackedBytes: 1024 * mib,
  /** Unpacked bytes of one mail: all parts, members and layers together. */
  unpackedTotalBytes: 2048 * mib,
  /** Unpacked to packed, over one part, judged only after `ratioGraceBytes`. Real reports reach 60:1; a deflate bomb 1000:1. */
  unpackRatio: 200,
  ratioGraceBytes: 16 * mib,
  /** Files in all the parts and archives of one mail. Digests of forwarded reports bring some dozens. */
  mailFiles: 1_000,
  /** Depth of XML elements. The schema needs 6. */
  xmlDepth: 64,
  /** One tag with its attributes, comment or CDATA piece kept in memory while it is incomplete. */
  xmlTokenBytes: 1 * mib,
  /** Free text of one element that we keep; longer is cut and noted. The longest comments seen have some hundreds. */
  textChars: 1024,
  /** The same for names and words: domains (RFC 1035 section 2.3.4), selectors, results, addresses, numbers. A record has dozens of them. */
  nameChars: 255,
  /** Records of one report. */
  records: 2_000_000,
  /** DKIM and SPF results kept in a record. RFC 9990 section 3.1.1.12 recommends at most 100 signatures. */
  authResults: 100,
  /** Reports of one identity that are kept as parts of each other. Real: 2, when a receiver reports from two machines. */
  reportParts: 20,
  /** Override reasons kept in a record. */
  reasons: 20,
  /** `error` elements kept. */
  reportErrors: 20,
  /** Problems kept with a report; the rest are counted. */
  problems: 100,
  /** A count above this is capped and noted: it would drown every sum. */
  count: 1_000_000_000,
  /** Days over which a long report is spread; a longer one is put on its last days. */
  spreadDays: 31,
  /** Records up to which a long report is spread; above, the rows would multiply. Real reports over days have some hundreds. */
  spreadRecords: 10_000,
  /** Source IPs of one sender that are judged together, the last seen first. The largest senders use some hundreds for a domain. */
  senderSources: 1_000,
  /** Source IPs whose sender is looked up in an evaluation beside those that fail. A busy site hears from some thousands a day. */
  senderLookups: 2_000,
  /** The same at a first start or after a backfill: once, and a summary names them all. */
  senderLookupsOfBacklog: 20_000,
  /** Source IPs whose names are looked up in one round; rounds are ten minutes apart at least. A busy site meets some hundreds in a day. */
  ptrLookups: 500,
  /** Lookups of names at one moment, and begun in a second: less than the look at a page of the web asks of a name server. */
  ptrTogether: 4,
  ptrPerSecond: 10,
  /** Names of a source IP that are tried. Mail servers have one (RFC 1912 section 2.1); shared ones list hundreds. */
  ptrNames: 5,
  /** Groups of alike messages of a sender that its evidence is made from, the most messages first. Real senders have some dozens. */
  recordGroups: 500,
  /** Days of source IPs that the watch keeps in memory between evaluations, by reporter: about 18 MB. Those that fail of a busy site have some thousands. */
  keptDays: 100_000,
  /** Days of source IPs summed over reporters, kept likewise: about 20 MB. Half a year of some hundred source IPs for each of a dozen domains. */
  keptSums: 150_000,
  /** What new reports say of source IPs, kept likewise until it is added to what is kept of them: about 6 MB. A busy site hears of some thousand a day. */
  keptNews: 30_000,
  /** Sets of raw results that it keeps in memory: about 5 MB. A busy site has some thousands. */
  keptSets: 10_000,
  /** Findings that it keeps in memory, each with its evidence and up to 1,000 source IPs: about 15 MB. A busy site has some hundred open. */
  keptFindings: 1_000,
  /** Reports that it keeps in memory for the rules about domains: about 11 MB. A site of 200 domains has about as many in six weeks. */
  keptReports: 40_000,
  /** Rows that name source IPs, kept likewise: about 10 MB. An evaluation looks at some hundred source IPs with up to 100 rows each. */
  keptEvidence: 100_000,
  /** Reporters of domains and of findings with their source IPs, kept likewise: about 1 MB. Each domain and open finding has some dozens. */
  keptReporters: 20_000,
  /** Answer of a token endpoint, and a file with a refresh token. Microsoft's answers reach 8 KB; tokens that list many groups are larger. */
  tokenBytes: 64 * kib,
  /** Body of a webhook. Standard Webhooks 1.0 asks for small ones, below 20 kB. */
  webhookBytes: 20_000,
  /** Header, and text of a section or a fallback, of a Slack message: Slack's block reference. It refuses longer ones. */
  slackHeaderChars: 150,
  slackTextChars: 3_000,
  /** Title, description, name and value of a field, fields, and all of it, of a Discord embed: Discord's message reference. */
  discordTitleChars: 256,
  discordTextChars: 4_096,
  discordFieldNameChars: 256,
  discordFieldChars: 1_024,
  discordFields: 25,
  discordChars: 6_000,
  /** Message to Teams. Its documentation says 28 KB for a card with all that is around it. */
  teamsBytes: 28_000,
  /** Message and title of ntfy. Longer messages become an attachment. */
  ntfyMessageBytes: 4_096,
  ntfyTitleChars: 250,
  /** Body to ntfy: its server reads twice the bytes of a message, and quotes and line breaks take two each in JSON. */
  ntfyBodyBytes: 8_192,
  /** Summary and dedup_key of a PagerDuty event: Events API v2. Longer ones are cut there or refused. */
  pagerdutySummaryChars: 1_024,
  pagerdutyKeyChars: 255,
  /** One annotation of an Alertmanager alert; they end in other people's messages, which have bounds like those above. */
  alertmanagerTextChars: 2_000,
  /** Text to Apprise, which cuts it to what each service takes. */
  appriseTextChars: 10_000,
  /** Subject of a mail: with its encoding it stays far below the 998 of a line (RFC 5322 section 2.1.1). */
  mailSubjectChars: 200,
  /** Milliseconds of one attempt to deliver a message. Standard Webhooks asks for 15 to 30 s. */
  deliveryMs: 15_000,
  /** The same for mail: a server may check the sender before it answers (RFC 5321 section 4.5.3.2 allows minutes). */
  smtpDeliveryMs: 60_000,
  /** Bytes that are read of the answer to a message; they are shown to people. */
  deliveryAnswerBytes: 4 * kib,
} as const;

/** The bounds, as numbers that a test may lower. */
export type Limits = { readonly [K in keyof typeof limits]: number };
