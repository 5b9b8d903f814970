import { html } from './markup.js';
import type { Markup } from './markup.js';

const style: Markup = {
  html: `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:64rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}table.even{table-layout:fixed}.even .n{width:8rem}summary{cursor:pointer}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884;overflow-wrap:anywhere}
th{font-weight:600;overflow-wrap:normal}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bad{color:#c62828}.ok{color:#2e7d32}.soft{opacity:.7}ul.plain{list-style:none;padding:0;margin:0}
.alert{border-left:4px solid #c62828;padding:.3rem .8rem;margin:.5rem 0;overflow-wrap:anywhere}
.info{border-color:#8888}.warning{border-color:#ef6c00}td:first-child{min-width:10rem}.even td:first-child{min-width:0}.wide:not(.n){min-width:5.5rem}.noted{margin:.4rem 0 .4rem 1rem}
@media(max-width:44rem){.wide{display:none}th,td{padding:.35rem .3rem}.even .n{width:5.5rem}}
@media(prefers-color-scheme:dark){.bad{color:#ef9a9a}.ok{color:#a5d6a7}}`,
};

/** A whole page. */
export function document(title: string, content: Markup): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <style>
        ${style}
      </style>
    </head>
    <body>
      <h1>${title}</h1>
      ${content}
    </body>
  </html>`;
  return `<!doctype html>\n${page.html}\n`;
}
