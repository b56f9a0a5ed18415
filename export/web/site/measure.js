// Times of this device, as `python -m benchmarks merge` takes them.

const LEAST_MS = 5; // that a timed call lasts: browsers round their clock, to a tenth or to whole milliseconds
const MOST_MS = 6000; // for each of both measurements
const CALLS = 100;

// Time the network alone, and frame to decision. `frame` is ImageData; onProgress gets 0-1.
export async function measure(classifier, frame, onProgress) {
  const tensor = classifier.fill(classifier.classify(frame).pixels);
  const invoke = await timed(() => classifier.scores(tensor), (share) => onProgress(share / 2));
  const whole = await timed(() => classifier.classify(frame), (share) => onProgress((1 + share) / 2));
  return { invoke, whole };
}

// Milliseconds of each call; of calls shorter than the clock tells, the mean of as many as it needs.
async function timed(call, onProgress) {
  for (let i = 0; i < 5; i += 1) call(); // the browser compiles what is called often
  const first = performance.now();
  call();
  const times = Math.max(1, Math.ceil(LEAST_MS / Math.max(0.01, performance.now() - first)));
  const taken = [];
  const started = performance.now();
  while (taken.length < CALLS && performance.now() - started < MOST_MS) {
    await new Promise((resolve) => { setTimeout(resolve); });
    const before = performance.now();
    for (let i = 0; i < times; i += 1) call();
    taken.push((performance.now() - before) / times);
    onProgress(taken.length / CALLS);
  }
  return taken;
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

// The measurement as one JSON text.
export function toJson({ invoke, whole, loadMs, firstMs }, site) {
  const nanoseconds = (value) => Math.round(value * 1e6);
  return `${JSON.stringify({
    timing_schema_version: 1, file: site.model.file, format: "tflite", sha256: site.model.sha256,
    size_bytes: site.model.size_bytes, runtime: "litert.js", runtime_version: site.runtime_version, kind: "browser",
    machine: machine(), threads: 1, utc: new Date().toISOString().replace(/\.\d+Z/, "Z"),
    load_ns: nanoseconds(loadMs), first_invoke_ns: nanoseconds(firstMs), invoke_ns: invoke.map(nanoseconds),
    frame_to_decision_ns: whole.map(nanoseconds), memory_peak_bytes: null,
  }, null, 1)}\n`;
}

// Browser and system in one line, as far as the browser says.
function machine() {
  const agent = navigator.userAgent;
  const [, name = "browser", version = ""] =
    /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(agent.replace(/Chrome\/\d+.*(Edg)/, "$1")) ?? [];
  const [, system = "unknown system"] = /\(([^)]*)\)/.exec(agent) ?? [];
  const names = { Version: "Safari", Edg: "Edge", Chrome: "Chromium" };
  return `${names[name] ?? name} ${version} on ${system.split(";").slice(0, 2).map((word) => word.trim()).join(", ")}`;
}
