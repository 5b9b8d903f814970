import ipaddr from 'ipaddr.js';
import { codeOf } from '../base/failure.js';
import { noAnswer, noRecord } from '../base/name-servers.js';
import type { NameServers } from '../base/name-servers.js';
import type { PtrAnswer } from '../model/ptr.js';
import { isGeneric, readHostName } from './host-name.js';

/** An answer, and whether any name server gave one. */
export interface LookedUp {
  readonly answer: PtrAnswer;
  readonly silent: boolean;
}

const none: LookedUp = { answer: { outcome: 'none' }, silent: false };

/** The forward-confirmed name of a source IP: whoever has the address may call it anything. Never rejects. `mostNames` are tried. */
export async function lookUp(servers: NameServers, ip: string, mostNames: number): Promise<LookedUp> {
  if (!ipaddr.isValid(ip)) return none;
  const address = ipaddr.process(ip);
  try {
    const names = (await servers.ptr(arpaName(address))).map(readHostName).filter((each) => each !== null);
    // In one order each time: DNS gives them in any.
    for (const name of [...new Set(names)].sort().slice(0, mostNames)) {
      if (await hasAddress(servers, name, address)) return confirmed(name, ip);
    }
    return none;
  } catch (error) {
    return failed(error);
  }
}

type Address = ReturnType<typeof ipaddr.process>;

/** RFC 1035 section 3.5, RFC 3596 section 2.5. */
function arpaName(address: Address): string {
  const bytes = address.toByteArray();
  if (address.kind() === 'ipv4') return `${bytes.reverse().join('.')}.in-addr.arpa`;
  return `${[...Buffer.from(bytes).toString('hex')].reverse().join('.')}.ip6.arpa`;
}

async function hasAddress(servers: NameServers, name: string, address: Address): Promise<boolean> {
  const wanted = address.toNormalizedString();
  try {
    const found = await servers.addresses(name, address.kind() === 'ipv4' ? 4 : 6);
    return found.some((each) => ipaddr.isValid(each) && ipaddr.process(each).toNormalizedString() === wanted);
  } catch (error) {
    if (noRecord.has(codeOf(error))) return false;
    throw error;
  }
}

function confirmed(name: string, ip: string): LookedUp {
  return { answer: { outcome: 'confirmed', name, generic: isGeneric(name, ip) }, silent: false };
}

function failed(error: unknown): LookedUp {
  const code = codeOf(error);
  if (noRecord.has(code)) return none;
  return { answer: { outcome: 'failed' }, silent: noAnswer.has(code) };
}
