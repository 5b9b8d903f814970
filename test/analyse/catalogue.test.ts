import { getDomain } from 'tldts';
import { describe, expect, test } from 'vitest';
import { catalogue, findService, isSendingService, readCatalogue } from '../../src/analyse/senders/catalogue.js';
import { services } from '../../src/analyse/senders/services.js';

const everyDomain = (service: (typeof catalogue)[number]) => [...service.dkim, ...service.spf, ...service.ptr];

describe('the catalogue of services', () => {
  test('has at least 150, each with a domain', () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(150);
    expect(catalogue.filter((service) => everyDomain(service).length === 0)).toEqual([]);
  });

  test('is sorted by title, and no title is there twice', () => {
    const names = catalogue.map((service) => service.name.toLowerCase());
    expect(names).toEqual([...new Set(names)].sort());
  });

  test('names organisational domains only, in lower case, sorted within a field', () => {
    for (const { dkim, spf, ptr } of catalogue) {
      for (const field of [dkim, spf, ptr]) {
        expect(field).toEqual([...new Set(field)].sort());
        expect(field).toEqual(field.map((domain) => getDomain(domain)));
      }
    }
  });

  test('gives no domain to two services', () => {
    const owners = new Map<string, string>();
    for (const service of catalogue) {
      for (const domain of new Set(everyDomain(service))) {
        expect([domain, owners.get(domain)]).toEqual([domain, undefined]);
        owners.set(domain, service.name);
      }
    }
  });

  test('is one line a service', () => {
    expect(services.trim().split('\n')).toHaveLength(catalogue.length);
  });
});

test('a service is found by any of its domains', () => {
  expect(findService('sendgrid.net')?.name).toBe('SendGrid (Twilio)');
  expect(findService('rsgsv.net')?.name).toBe('Mailchimp');
  expect(findService('unifiedlayer.com')?.name).toBe('Bluehost');
  expect(findService('mailer.example')).toBeNull();
});

test('a forwarder is no sending service, nor is a domain that is not in the catalogue', () => {
  expect(isSendingService('esp')).toBe(true);
  for (const kind of ['forwarder', 'mailbox_provider', 'mailing_list', 'security_gateway', 'hosting', null] as const)
    expect(isSendingService(kind)).toBe(false);
});

test.each(['Name only', 'Name | no_kind | - | - | -', 'Name | esp | a.example', 'Name | esp | - | - | - | -'])(
  'a line of another form is refused: %s',
  (line) => expect(() => readCatalogue(line)).toThrow(`not a line of the catalogue: ${line}`),
);
