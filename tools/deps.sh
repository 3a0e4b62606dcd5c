#!/bin/sh
# deps.sh installs the Debian packages named as arguments, as far as they are
# missing. It runs before anything else, on a machine that has only make, so it
# is plain POSIX sh and uses nothing that dpkg and apt do not bring along.
#
# When nothing is missing it asks dpkg once and says nothing. When something
# is, it takes root's rights if it has them or sudo gives them; otherwise it
# prints the one command to run and fails.
set -eu

have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
	sed -n 's/^installed //p') || true
missing=
for p in "$@"; do
	case "
$have
" in
	*"
$p
"*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

command="apt-get update && apt-get install -y --no-install-recommends$missing"

ask()
{
	echo "setup: these Debian packages are missing:$missing" >&2
	echo "setup: $1; run this as root, then make again:" >&2
	echo "  $command" >&2
	exit 1
}

command -v apt-get >/dev/null || ask "this machine has no apt-get"

sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || ask "neither root nor sudo"
	if sudo -n true 2>/dev/null; then
		sudo="sudo -n"
	elif [ -t 0 ]; then
		sudo=sudo
	else
		ask "sudo wants a password and there is no terminal"
	fi
fi

log=${TMPDIR:-/tmp}/gzero-setup.$$.log
trap 'rm -f "$log"' EXIT
start=$(date +%s)

# apt runs a command of apt's and shows what it said only if it failed.
apt()
{
	if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get \
	     -o DPkg::Lock::Timeout=600 "$@" >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		echo "setup: apt-get $1 failed; by hand, as root:" >&2
		echo "  $command" >&2
		exit 1
	fi
}

echo "setup: installing$missing (a minute or two) ..."
apt update
apt install -y --no-install-recommends $missing
echo "setup: done in $(($(date +%s) - start)) s"
