import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { page } from '../grafana/preview/draw.js';
import { withPalette } from '../grafana/preview/palette.js';
import { firstOf, frameOf } from '../grafana/preview/frames.js';
import type { Choice } from '../grafana/preview/substitute.js';
import type { Dashboard, Panel, Row } from '../grafana/src/dashboard.js';
import { dashboards } from '../grafana/src/files.js';
import { healthDashboard } from '../grafana/src/health.js';
import { overviewDashboard } from '../grafana/src/overview.js';
import { sourcesDashboard } from '../grafana/src/sources.js';
import { startDemoWorld } from '../test/support/demo-world.js';

const usage = `Draws each dashboard into OUT/UID.png, with the data of a running ruawatch and Prometheus, or with those of the demo.

  npm run grafana:preview -- [--api http://127.0.0.1:8080] [--prometheus http://127.0.0.1:9090] [--out data] [--html]
                             [--from 2026-03-01] [--to 2026-03-31] [--domain NAME] [--reporter NAME] [--source IP] [--ip IP]
  npm run grafana:preview -- --demo --out docs/images

The demo needs dist/ and a Prometheus on this machine. --html leaves the pages beside the pictures.

A token for the API is taken from RUAWATCH_API_TOKEN.`;

const text = { type: 'string' } as const;
const { values: args } = parseArgs({
  options: {
    api: { ...text, default: 'http://127.0.0.1:8080' },
    prometheus: text,
    out: { ...text, default: 'data' },
    from: text,
    to: text,
    domain: { ...text, multiple: true },
    reporter: { ...text, multiple: true },
    source: { ...text, multiple: true },
    ip: text,
    demo: { type: 'boolean' },
    html: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

const flags = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync',
]
  .join(' ')
  .split(' ');

/** Higher pages become several pictures, cut at a heading. */
const pixels = 2200;

async function pictures(html: string, name: string): Promise<string[]> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
  try {
    const tab = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await tab.goto(pathToFileURL(resolve(html)).href);
    const height = await tab.evaluate(() => document.body.scrollHeight + 16);
    const headings = await tab.$$eval('h3', (all) => all.map((each) => Math.floor(each.getBoundingClientRect().top)));
    const files: string[] = [];
    for (let top = 0; top < height;) {
      const cut = headings.findLast((each) => each > top && each <= top + pixels);
      const bottom = height - top <= 1.2 * pixels ? height : (cut ?? top + pixels);
      const clip = { x: 0, y: top, width: 1600, height: bottom - top };
      const file = `${name}${files.length === 0 ? '' : `-${files.length + 1}`}.png`;
      writeFileSync(file, withPalette(await tab.screenshot({ clip, fullPage: true })));
      files.push(file);
      top = bottom;
    }
    return files;
  } finally {
    await browser.close();
  }
}

type Servers = Parameters<typeof frameOf>[3];

/** The dashboard as one page and a picture of it. */
async function preview(dashboard: Dashboard, choice: Choice, servers: Servers): Promise<void> {
  const draw = async (panel: Panel | Row) =>
    [panel, panel.type === 'row' ? '' : await frameOf(dashboard, panel, choice, servers)] as const;
  const drawn = await Promise.all(dashboard.panels.map(draw));
  mkdirSync(args.out, { recursive: true });
  const html = join(args.out, `${dashboard.uid}.html`);
  writeFileSync(html, page(dashboard, choice, drawn));
  const files = await pictures(html, join(args.out, dashboard.uid));
  if (!args.html) rmSync(html);
  console.log(`wrote ${files.join(' and ')}`);
}

function range(): Choice {
  const to = args.to ? Date.parse(args.to) : Date.now();
  const from = args.from ? Date.parse(args.from) : to - 30 * 86_400_000;
  const lists = { domain: args.domain, reporter: args.reporter, source: args.source, ip: args.ip && [args.ip] };
  const chosen = Object.entries(lists).flatMap(([name, list]) => (list ? [[name, list] as const] : []));
  return { from, to, values: Object.fromEntries(chosen) };
}

async function all(choice: Choice, servers: Servers, of = dashboards): Promise<void> {
  for (const dashboard of of) {
    const { values } = choice;
    const ip = values?.['ip'] ?? (await firstOf(dashboard, 'ip', choice, servers));
    await preview(dashboard, { ...choice, values: { ...values, ...(ip && { ip }) } }, servers);
  }
}

const healthMs = 150_000;

async function ofDemo(): Promise<void> {
  const stepHours = 2;
  const world = await startDemoWorld({ days: 60, domains: 12, stepHours });
  try {
    const servers = { api: world.service.base, prometheus: world.prometheus.address };
    await all({ ...range(), scrapeSeconds: stepHours * 3600 }, servers, [overviewDashboard, sourcesDashboard]);
    // History has no numbers of the process: its health is that of the minutes it has run.
    await delay(60_000);
    const to = Date.now();
    await all({ from: to - healthMs, to, scrapeSeconds: 1 }, servers, [healthDashboard]);
  } finally {
    await world.close();
  }
}

async function ofRunning(): Promise<void> {
  const token = process.env['RUAWATCH_API_TOKEN'];
  await all(range(), { api: args.api, prometheus: args.prometheus ?? null, ...(token && { token }) });
}

if (args.help) console.log(usage);
else await (args.demo ? ofDemo() : ofRunning());
