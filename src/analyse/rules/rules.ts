import { knownSenderFailing } from './known-sender-failing.js';
import { mechanismBroken } from './mechanism-broken.js';
import { newFailingSource } from './new-failing-source.js';
import { newUnalignedSender } from './new-unaligned-sender.js';
import type { Rule } from './rule.js';

/** The rules about senders, in order of gravity: the first that hits a sender takes it. */
export const senderRules: readonly Rule[] = [knownSenderFailing, mechanismBroken, newUnalignedSender, newFailingSource];
