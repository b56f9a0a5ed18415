// The folder's own files: fetched once, kept for later visits without a network, unpacked and verified.

const CACHE = `edge-classify ${new URL("./", import.meta.url).pathname} ${globalThis.SITE?.version}`; // as in sw.js
const GZIP = [0x1f, 0x8b];

// Bytes of a file of this folder, unpacked; with a digest, verified. Returns {bytes, isVerified}. Progress is told in
// bytes that came. What is damaged isn't kept, and is fetched once more, past the browser's own cache.
export async function load(path, { digest = "", onProgress = () => {} } = {}) {
  const url = new URL(path, import.meta.url).href;
  const cache = "caches" in globalThis ? await caches.open(CACHE).catch(() => null) : null; // only over HTTPS, or locally
  const kept = await cache?.match(url);
  if (kept) {
    const found = await checked(kept, digest, onProgress);
    if (!found.fault) return found;
    await cache.delete(url);
  }
  let found = null;
  for (const mode of ["no-cache", "reload"]) {
    const response = await fetch(url, { cache: mode }).catch(() => null);
    if (!response?.ok) {
      throw new Error(`${path} doesn't come (${response?.status ?? "no network"}): is the whole folder where the page is?`);
    }
    const copy = response.clone();
    found = await checked(response, digest, onProgress);
    if (!found.fault) {
      await cache?.put(url, copy).catch(() => {}); // a full disk: it is fetched again next time
      return found;
    }
  }
  throw new Error(`${path} ${found.fault}: reload the page, or copy the whole folder again`);
}

async function checked(response, digest, onProgress) {
  let bytes;
  try {
    bytes = await unpacked(await read(response, onProgress));
  } catch {
    return { fault: "comes damaged or not to its end" };
  }
  const found = digest ? await sha256(bytes) : "";
  if (found && found !== digest) {
    return { fault: `has SHA-256 ${found.slice(0, 12)}..., and the page was made for ${digest.slice(0, 12)}...` };
  }
  return { bytes, isVerified: found !== "" };
}

async function read(response, onProgress) {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const parts = [];
  for (const reader = response.body.getReader();;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onProgress(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// A server that knows the ending .gz has unpacked it already.
async function unpacked(bytes) {
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// SHA-256 of bytes, hexadecimal; empty where the browser computes none: over HTTP from another machine.
async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
