import { link } from './panels.js';
import type { Property } from './dashboard.js';

const sources = `/d/dmarc-sources/?\${__url_time_range}`;

/** A table cell with a policy domain opens its senders. */
export const domainCell: Property['value'] = link(
  'Its senders and source IPs',
  `${sources}&var-domain=\${__value.raw}`,
);

/** The same from a series with the label `domain`. */
export const domainSeries: Property['value'] = link(
  'Its senders and source IPs',
  `${sources}&var-domain=\${__field.labels.domain}`,
);
