import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { metricsPage } from '../../scripts/metrics-page.js';

it('the page of metrics is the one in the repository', () => {
  expect(readFileSync('docs/metrics.md', 'utf8')).toBe(metricsPage());
});

it('says type, labels and meaning of a metric', () => {
  expect(metricsPage()).toContain(
    '| `dmarc_mails_total` | counter | `outcome` | Mails and files by what became of them. | in the database |',
  );
});

it('lists the values of a label for each metric when they differ', () => {
  expect(metricsPage()).toContain('| `reason` of `dmarc_reports_failed_total` | `bad_xml`, `limit`, ');
});
