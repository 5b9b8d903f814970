import type { ChannelKind } from '../../model/channel.js';
import { alertmanager } from './alertmanager.js';
import { apprise } from './apprise.js';
import type { ChannelType } from './channel.js';
import { discord } from './discord.js';
import { email } from './email.js';
import { ntfy } from './ntfy.js';
import { pagerduty } from './pagerduty.js';
import { slack } from './slack.js';
import { teams } from './teams.js';
import { webhook } from './webhook.js';

/** Every way to tell people. */
export const channelTypes: Readonly<Record<ChannelKind, ChannelType>> = {
  webhook,
  slack,
  discord,
  teams,
  ntfy,
  pagerduty,
  alertmanager,
  apprise,
  email,
};
