import type { PolicyDomain } from './policy-domains.js';
import type { XmlHabits } from './reporter.js';

type Published = Readonly<Record<string, string>>;

/** The schema of RFC 7489 as written. */
export const plainXml: XmlHabits = {
  declaration: '<?xml version="1.0" encoding="UTF-8" ?>',
  namespace: null,
  attributes: {},
  version: '1.0',
  indent: '  ',
  crlf: false,
  spfFirst: false,
  generator: null,
  window: 86_399,
  published: (domain) => ({ ...alignment(domain), p: domain.p, sp: domain.sp, pct: String(domain.pct), fo: domain.fo }),
};

/** `np` without the namespace that defines it. */
export const googleXml: XmlHabits = {
  ...plainXml,
  published: (domain) => ({
    ...alignment(domain),
    p: domain.p,
    sp: domain.sp,
    pct: String(domain.pct),
    np: domain.sp,
  }),
};

/** Schema declarations that nothing uses, CRLF, a window that ends at the next midnight. */
export const microsoftXml: XmlHabits = {
  ...plainXml,
  declaration: '<?xml version="1.0" encoding="utf-8"?>',
  attributes: {
    'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  },
  crlf: true,
  window: 86_400,
};

/** No version, no subdomain policy. */
export const yahooXml: XmlHabits = {
  ...plainXml,
  declaration: '<?xml version="1.0"?>',
  version: null,
  published: (domain) => ({ ...alignment(domain), p: domain.p, pct: String(domain.pct) }),
};

/** One line; `nil` where the record names no subdomain policy of its own. */
export const mailRuXml: XmlHabits = {
  ...plainXml,
  declaration: "<?xml version='1.0' encoding='utf-8'?>",
  version: null,
  indent: null,
  published: (domain) => ({
    ...alignment(domain),
    p: domain.p,
    sp: domain.sp === domain.p ? 'nil' : domain.sp,
    pct: String(domain.pct),
  }),
};

export const amazonXml: XmlHabits = { ...plainXml, version: '0.1', indent: '\t' };

/** Default alignment modes left out. */
export const fastmailXml: XmlHabits = {
  ...plainXml,
  declaration: '<?xml version="1.0"?>',
  published: (domain) => ({
    domain: domain.name,
    ...(domain.adkim === 's' ? { adkim: 's' } : {}),
    ...(domain.aspf === 's' ? { aspf: 's' } : {}),
    fo: '0',
    p: domain.p,
    pct: String(domain.pct),
    sp: domain.sp,
  }),
};

/** RFC 9990: its namespace, `discovery_method` and `testing`, no `pct`. */
export const modernXml: XmlHabits = {
  ...plainXml,
  namespace: 'urn:ietf:params:xml:ns:dmarc-2.0',
  generator: 'dmarc-reporter 2.4',
  published: (domain) => ({
    domain: domain.name,
    discovery_method: 'treewalk',
    p: domain.p,
    sp: domain.sp,
    adkim: domain.adkim,
    aspf: domain.aspf,
    testing: 'n',
    fo: domain.fo,
  }),
};

export const openDmarcXml: XmlHabits = { ...plainXml, version: null, spfFirst: true };

function alignment(domain: PolicyDomain): Published {
  return { domain: domain.name, adkim: domain.adkim, aspf: domain.aspf };
}
