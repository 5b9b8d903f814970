export interface DovecotSettings {
  readonly dir: string;
  readonly user: string;
  readonly group: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly lmtpPort: number;
  readonly tls: boolean;
  readonly capability?: string;
  readonly extraConfig?: string;
}

/** The whole configuration of an unprivileged Dovecot 2.3 whose every file is in one folder. */
export function dovecotConfig(settings: DovecotSettings): string {
  const { dir, user, group } = settings;
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
${settings.tls ? `ssl = yes\nssl_cert = <${dir}/cert.pem\nssl_key = <${dir}/key.pem` : 'ssl = no'}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
auth_failure_delay = 0
mail_location = maildir:${dir}/mail/%u/Maildir
mail_home = ${dir}/mail/%u
mail_uid = ${user}
mail_gid = ${group}
first_valid_uid = 1
first_valid_gid = 1
lda_mailbox_autocreate = yes
recipient_delimiter = +
${settings.capability === undefined ? '' : `imap_capability = ${settings.capability}`}
namespace inbox {
  inbox = yes
  separator = /
  prefix =
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/passwd
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${dir}/mail/%u
}
service anvil {
  chroot =
  # No delay that grows with every wrong password.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = ${settings.port}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${settings.tls ? settings.tlsPort : 0}
    ssl = ${settings.tls ? 'yes' : 'no'}
  }
}
service lmtp {
  chroot =
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${settings.lmtpPort}
  }
}
service stats {
  chroot =
}
${settings.extraConfig ?? ''}
`;
}
