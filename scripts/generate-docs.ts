import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage, exampleFile } from '../src/config/describe.js';
import { grafanaAlerts } from './grafana-alerts.js';
import { metricsPage } from './metrics-page.js';

const pages: Readonly<Record<string, string>> = {
  'config.example.yaml': exampleFile(),
  'docs/configuration.md': configurationPage(),
  'docs/metrics.md': metricsPage(),
  'grafana/provisioning/alerting/dmarc.yaml': grafanaAlerts(),
};

function present(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const stale = Object.entries(pages).filter(([path, text]) => present(path) !== text);

if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} differs from its source: run npm run docs`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const [path, text] of stale) {
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
