import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const below = ['docs', 'grafana', 'deploy'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
);
const pages = [...readdirSync('.'), ...below].filter((path) => path.endsWith('.md'));

describe('links of the documentation', () => {
  it.each(pages)('of %s lead to files and headings that are there', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it.each(['nowhere.md', '#nowhere', 'docs/deploy.md#nowhere'])('are found out when they lead to %s', (link) => {
    expect(leadsSomewhere('README.md', link)).toBe(false);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  return existsSync(file) && (heading === undefined || anchorsOf(file).includes(heading));
}

/** As GitHub makes them: letters, digits, hyphens and underscores in lower case, a hyphen for each blank. */
function anchorsOf(page: string): string[] {
  const headings = textOf(page).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function textOf(page: string): string {
  return readFileSync(page, 'utf8');
}
