import { afterAll, beforeAll, expect, test } from 'vitest';
import { html } from '../../src/serve/markup.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { insert, march } from '../support/sample-store.js';

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
  const { db } = server.store;
  insert(db, 'domains', { id: 3, name: '"><script>alert(1)</script>' });
  insert(db, 'daily_totals', {
    domain_id: 3, day: march(5), source_id: 1, reporter_id: 2, verdict: 'fail', disposition: 'none', messages: 1, estimated: 0,
  }); // prettier-ignore
});
afterAll(() => server.close());

test('the page shows domains and open alerts with every text escaped', async () => {
  const page = await (await server.get('/')).text();
  expect(page).toContain('example.net&quot;&gt;&lt;script&gt;: 8 of 8 messages failed');
  expect(page).toContain('>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</a></td>');
  expect(page).not.toContain('<script');
  expect(page).toContain('79.5 %');
  expect(page).toContain('failing since 2026-03-03');
  for (const link of ['api/docs/', 'metrics']) expect(page).toContain(`href="${link}"`);
});

test('a domain cannot turn the direction of the text around it', async () => {
  const page = await (await server.get(`/?domain=${encodeURIComponent('\u202egro.elpmaxe\u2066')}`)).text();
  expect(page).toContain('<h1>ruawatch: \ufffdgro.elpmaxe\ufffd</h1>');
  expect(page).not.toMatch(/\p{Bidi_Control}/u);
});

test('the page of one domain shows that one only', async () => {
  const page = await (await server.get('/?domain=example.org')).text();
  expect(page).toContain('<h1>ruawatch: example.org</h1>');
  expect(page).toContain('href="./?domain=example.org"');
  expect(page).not.toContain('alert(1)');
});

test('the page of an alert says what happened, why and what to do, with every text escaped', async () => {
  const { rows } = (await server.json('/api/v1/alerts?from=0')) as { rows: { alert_id: string; summary: string }[] };
  const page = await (await server.get(`/alerts/${rows[0]?.alert_id}`)).text();
  for (const text of [
    '<li>Look at &lt;b&gt;s1&lt;/b&gt;.</li>',
    'The signature &lt;i&gt;fails&lt;/i&gt;.',
    '8 of 8 messages failed',
  ]) {
    expect(page).toContain(text);
  }
  expect(page).toContain('DKIM fail: d=example.net s=&quot;s1, 8 messages');
  expect(page).not.toMatch(/<(script|b|i)>/);
  expect(page).toContain('warning, open, failing since 2026-03-03, opened 2026-03-04 07:00 UTC');
  expect(page).toContain('2026-03-03 to 2026-03-05: 8 of 8 messages failed. The 28 days before: 0 of 0.');
  expect(page).toContain('<h2>Authentication of messages that failed DMARC</h2>');
  expect(page).toContain('<h2>Authentication of messages that passed DMARC before</h2>');
});

test('the page may load nothing and run nothing', async () => {
  const { headers } = await server.get('/');
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline';/);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
});

test.each(['/', '/api/v1/domains', '/nowhere', '/metrics', '/api/docs'])(
  '%s has the security headers',
  async (path) => {
    const { headers } = await server.get(path, { origin: 'https://example.net' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  },
);

test('markup escapes what is not markup', () => {
  expect(html`<a href="${`"'<&>`}">${html`<b>${1}</b>`}${null}</a>`.html).toBe(
    '<a href="&quot;&#39;&lt;&amp;&gt;"><b>1</b></a>',
  );
});

test('the OpenAPI document lists every path with an answer', async () => {
  type Described = { responses: object; tags: string[]; security?: object[] };
  type Operation = { get?: Described; post?: Described };
  const { paths, info, components } = (await server.json('/api/docs/json')) as {
    paths: Record<string, Operation>;
    info: { title: string };
    components: { securitySchemes: object };
  };
  const list = ['domains', 'stats/daily', 'stats/sources', 'stats/variables', 'reporters', 'reports', 'reports/{id}'];
  const rest = [
    'reports/{id}/records',
    'mails',
    'alerts',
    'alerts/{alert_id}',
    'alerts/{alert_id}/ack',
    'alerts/{alert_id}/ignore',
    'alerts/{alert_id}/resolve',
    'status',
    'senders',
    'senders/decision',
    'alerts/annotations',
    ...['senders', 'auth', 'coverage', 'policies', 'delays', 'records'].map((name) => `stats/${name}`),
  ];
  const v1 = [...list, ...rest].map((path) => `/api/v1/${path}`);
  expect(Object.keys(paths).sort()).toEqual(
    [...v1, '/', '/alerts/{alert_id}', '/healthz', '/metrics', '/readyz'].sort(),
  );
  for (const { get, post } of Object.values(paths)) {
    const described = get ?? post;
    expect(Object.keys(described?.responses ?? {})).toContain('200');
    expect(['statistics', 'store', 'alerts', 'service', 'pages']).toContain(described?.tags[0]);
  }
  expect(paths['/healthz']?.get?.security).toEqual([]);
  expect(paths['/readyz']?.get?.security).toEqual([]);
  const read = [{}, { token: ['read'] }, { password: ['read'] }];
  for (const path of ['/', '/metrics', '/api/v1/mails', '/api/v1/alerts']) {
    expect([path, paths[path]?.get?.security]).toEqual([path, read]);
  }
  for (const path of [
    'alerts/{alert_id}/ack',
    'alerts/{alert_id}/ignore',
    'alerts/{alert_id}/resolve',
    'senders/decision',
  ]) {
    expect([path, paths[`/api/v1/${path}`]?.post?.security]).toEqual([path, [{ token: ['admin'] }]]);
  }
  expect(paths['/api/v1/mails']?.post?.security).toEqual([{ token: ['push'] }]);
  expect(components.securitySchemes).toMatchObject({ token: { scheme: 'bearer' }, password: { scheme: 'basic' } });
  expect(info.title).toBe('ruawatch');
  for (const path of v1) {
    const described = paths[path]?.get ?? paths[path]?.post;
    expect(Object.keys(described?.responses ?? {})).toContain('400');
  }
});

test('the documentation page runs only scripts of this server', async () => {
  const response = await server.get('/api/docs/');
  const page = await response.text();
  expect(response.status).toBe(200);
  expect(page).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]/);
  expect(page).not.toMatch(/(src|href)="https?:/);
});

test('alerts about a domain as a whole and about the service have whole sentences and no evidence of senders', async () => {
  const { db } = server.store;
  const [evidence] = db.prepare<[], string>('SELECT evidence FROM findings ORDER BY id').pluck().all();
  const about = JSON.stringify({
    ...(JSON.parse(evidence ?? '{}') as object),
    why: 'The mailbox cannot be read.',
    window: { from: '2026-03-03', to: '2026-03-04', messages: 0, failed: 0 },
    about: {},
  });
  const common = { status: 'open', evidence: about, first_day: march(3), last_day: march(4), first_arrival: march(4) };
  const finding = { ...common, opened_at: march(4), updated_at: march(4) };
  insert(db, 'findings', {
    ...finding, id: 91, public_id: 'al_91', fingerprint: 'f91', rule: 'mailbox_failing', severity: 'warning', domain_id: null,
    sender: 'main', summary: 'mailbox main: 3 polls failed in a row',
  }); // prettier-ignore
  insert(db, 'findings', {
    ...finding, id: 92, public_id: 'al_92', fingerprint: 'f92', rule: 'volume_change', severity: 'info', domain_id: 2,
    sender: '', summary: 'example.org: far more than usual',
  }); // prettier-ignore
  const page = await (await server.get('/')).text();
  expect(page).toContain('<strong>ruawatch</strong>: mailbox main: 3 polls failed in a row<br />');
  expect(page).toContain('<li>far more than usual, ');
  const alert = await (await server.get('/alerts/al_91')).text();
  expect(alert).toContain('<title>ruawatch: the service</title>');
  expect(alert).toContain('About main.');
  expect(alert).not.toContain('Sender ');
  expect(alert).not.toContain('href="/?domain="');
  expect(await server.json('/api/v1/alerts/al_91')).toMatchObject({ domain: '', sender: 'main', source_ips: [] });
});
