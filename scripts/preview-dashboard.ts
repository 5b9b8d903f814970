import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { page } from '../grafana/preview/draw.js';
import { frameOf } from '../grafana/preview/frames.js';
import type { Dashboard, Panel } from '../grafana/src/dashboard.js';

const usage = `Draws grafana/dashboards/dmarc-sources.json with the data of a running ruawatch into OUT/dmarc-sources.html and .png.

  npm run grafana:preview -- [--api http://127.0.0.1:8080] [--prometheus http://127.0.0.1:9090] [--out data]
                             [--from 2026-03-01] [--to 2026-03-31] [--domain NAME] [--reporter NAME] [--source IP]

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
    help: { type: 'boolean' },
  },
});

const flags = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync',
]
  .join(' ')
  .split(' ');

async function picture(html: string, png: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
  try {
    const tab = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await tab.goto(pathToFileURL(resolve(html)).href);
    await tab.screenshot({ path: png, fullPage: true });
  } finally {
    await browser.close();
  }
}

async function preview(): Promise<void> {
  const file = new URL('../grafana/dashboards/dmarc-sources.json', import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
  const to = args.to ? Date.parse(args.to) : Date.now();
  const from = args.from ? Date.parse(args.from) : to - 30 * 86_400_000;
  const chosen = Object.entries({ domain: args.domain, reporter: args.reporter, source: args.source });
  const choice = {
    from,
    to,
    values: Object.fromEntries(chosen.flatMap(([name, list]) => (list ? [[name, list]] : []))),
  };
  const token = process.env['RUAWATCH_API_TOKEN'];
  const servers = { api: args.api, prometheus: args.prometheus ?? null, ...(token && { token }) };
  const draw = async (panel: Panel) => [panel, await frameOf(dashboard, panel, choice, servers)] as const;
  const drawn = await Promise.all(dashboard.panels.map(draw));
  mkdirSync(args.out, { recursive: true });
  const html = join(args.out, `${dashboard.uid}.html`);
  const png = join(args.out, `${dashboard.uid}.png`);
  writeFileSync(html, page(dashboard, choice, drawn));
  await picture(html, png);
  console.log(`wrote ${html} and ${png}`);
}

if (args.help) console.log(usage);
else await preview();
