import { format } from 'prettier';
import type { Dashboard } from './dashboard.js';
import { healthDashboard } from './health.js';
import { overviewDashboard } from './overview.js';
import { sourcesDashboard } from './sources.js';

export const dashboards: readonly Dashboard[] = [overviewDashboard, sourcesDashboard, healthDashboard];

/** Path, from the top of the checkout, to content. */
export async function dashboardFiles(): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const each of dashboards) {
    const text = await format(JSON.stringify(each, null, 2), { parser: 'json', printWidth: 120 });
    files[`grafana/dashboards/${each.uid}.json`] = text;
  }
  return files;
}
