import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { ChannelConfig, Config } from '../config/config.js';
import type { ChannelRoute } from '../model/channel.js';
import { ruleNames } from '../model/finding.js';

/** Every channel, that of webhook.url first. Throws a Failure when one names a rule that there is not. */
export function channelsOf({ webhook, channels }: Pick<Config, 'webhook' | 'channels'>): readonly ChannelConfig[] {
  const names: readonly string[] = ruleNames;
  for (const { name, rules } of channels) {
    const unknown = rules.find((each) => !names.includes(each));
    if (unknown === undefined) continue;
    throw new Failure(`the channel ${name} names the rule ${plainText(unknown, 60)}, which there is not`, {
      hint: `write some of: ${names.join(', ')}`,
      exitCode: 2,
    });
  }
  return webhook === null ? channels : [{ ...everything, url: webhook.url, secret: webhook.secret }, ...channels];
}

const everything: ChannelConfig = {
  name: 'webhook',
  type: 'webhook',
  url: null,
  url_file: null,
  secret: null,
  secret_file: null,
  user: null,
  ca_file: null,
  from: null,
  to: [],
  severities: [],
  domains: [],
  rules: [],
  quiet_hours: null,
  critical_in_quiet_hours: true,
  digest: true,
  weekly: true,
};

/** What the writing thread is told of the channels: no addresses, no secrets. */
export function routesOf(channels: readonly ChannelConfig[]): readonly ChannelRoute[] {
  return channels.map(({ name, type, severities, domains, rules, digest, weekly }) => ({
    name,
    kind: type,
    severities,
    domains,
    rules,
    digest,
    weekly,
  }));
}
