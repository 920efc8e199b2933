# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that make a tree with mmdebstrap: sets `mirror`, and `aptopts`, options that go with it.
# shellcheck disable=SC2034  # they use these

# The mirror is the one that this machine's apt is set up for.
mirrors() { apt-get indextargets --format "\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' | sed -n 's/^Debian //p' | sort -u; }
mirror=$(mirrors | head -n 1)
if [[ -z $mirror ]]; then
    apt-get update -qq >&2
    mirror=$(mirrors | head -n 1)
fi
[[ -n $mirror ]] || { echo "mirror: apt knows no Debian mirror" >&2; exit 1; }

aptopts=(--aptopt='Acquire::Languages "none"')
while IFS= read -r line; do
    [[ -z $line ]] || aptopts+=(--aptopt="$line")
done <<<"$(apt-config dump | grep -iE '^Acquire::(https?::)?(Proxy|Check-Valid-Until|Retries)')"
