#!/usr/bin/env bash
# Makes verifier/demo anew with the real cosign: a signed and an unsigned image in one OCI image layout, and the
# public key. The private key is thrown away. Needs crane, cosign3 and regctl on PATH.
set -euo pipefail

demo=$(cd "$(dirname "$0")/../.." && pwd)/verifier/demo
work=$(mktemp -d)
export HOME=$work TUF_ROOT=$work/tuf COSIGN_PASSWORD=
trap 'kill "$registry" 2>/dev/null; rm -rf "$work"' EXIT

mkdir "$work/disk"
port=5987
crane registry serve --address=127.0.0.1:$port --disk="$work/disk" >"$work/log" 2>&1 &
registry=$!
until curl -sfo /dev/null "http://127.0.0.1:$port/v2/"; do sleep 0.1; done

cd "$work"
rm -rf "$demo/layout"
for image in app:1.4 worker:2.0; do
  echo "This is acme's ${image%%:*}, version ${image##*:}." >hello.txt
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf layer.tar hello.txt
  crane append --oci-empty-base --platform linux/amd64 -f layer.tar -t 127.0.0.1:$port/acme/$image >/dev/null
done
cosign3 signing-config create --out empty.json
cosign3 generate-key-pair >/dev/null 2>&1
cosign3 sign -y --key cosign.key --signing-config empty.json "127.0.0.1:$port/acme/app@$(crane digest 127.0.0.1:$port/acme/app:1.4)"
regctl registry set --tls disabled 127.0.0.1:$port
for image in app:1.4 worker:2.0; do
  regctl image copy --referrers 127.0.0.1:$port/acme/$image "ocidir://$demo/layout:${image%%:*}-${image##*:}"
done
cp cosign.pub "$demo/release.pub"

# The layout stands for two repositories, so its entries get whole names.
python3 - "$demo/layout/index.json" <<'PYTHON'
import json, sys
names = {"app-1.4": "ghcr.io/acme/app:1.4", "worker-2.0": "ghcr.io/acme/worker:2.0"}
path = sys.argv[1]
index = json.load(open(path))
for entry in index["manifests"]:
    annotations = entry.setdefault("annotations", {})
    name = annotations.get("org.opencontainers.image.ref.name")
    annotations["org.opencontainers.image.ref.name"] = names.get(name, name)
json.dump(index, open(path, "w"), indent=2, sort_keys=True)
PYTHON
find "$demo" -type f | sort
