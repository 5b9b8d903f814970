#!/bin/sh
# install-servers.sh POLICY NAME...: installs Debian packages as root and keeps them from starting their services.
# POLICY is /usr/sbin/policy-rc.d, which packages ask before they start anything; an existing one is left as it is.
set -eu
policy=$1
shift

if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
# An outdated list may still do: the second command says whether it does.
apt-get -q -o DPkg::Lock::Timeout=300 update || true
apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
