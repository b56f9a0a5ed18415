// The page: loads the network, then classifies what the camera or an image shows.

import { Camera, namedCameras } from "./camera.js";
import { Classifier } from "./classifier.js";
import { Decider, NOTHING, STALE, UNKNOWN } from "./decision.js";
import { load } from "./files.js";
import { measure, median, toJson } from "./measure.js";
import { openNetwork } from "./network.js";
import { decodeImage, pixelsOf, readsTruly } from "./pixels.js";
import {
  listed, milliseconds, part, percent, say, showAnswer, showBars, showEye, showFacts, showPicture, showState,
  showTrouble,
} from "./view.js";

const SECOND_MS = 1000;
const site = globalThis.SITE;
const camera = new Camera();
let classifier = null;
let decider = null;
let last = null; // pixels of the newest frame
let opened = { loadMs: 0, firstMs: 0 }; // times of loading the network and of its first run
let times = []; // of the frames of the last second
let isBusy = false;

const seconds = (value) => value / SECOND_MS;

async function start() {
  showModel("");
  const bytes = site.load.reduce((sum, { bytes: each }) => sum + each, 0);
  let got = 0;
  const onProgress = (more) => {
    got += more;
    part("progress").value = Math.min(1, got / bytes);
    say("veil", `Loading ${(bytes / 1e6).toFixed(1)} MB`);
  };
  const [model, wasm, factory] = await Promise.all([
    load(site.model.path, { digest: site.model.sha256, onProgress }), load(site.runtime.wasm, { onProgress }),
    scriptOf(site.runtime.script),
  ]);
  const opening = performance.now();
  const network = await openNetwork(factory, wasm.bytes, model.bytes, site.model.tensor);
  opened = { loadMs: performance.now() - opening - network.firstMs, firstMs: network.firstMs };
  classifier = new Classifier(site.model, network);
  showModel(model.isVerified ? "verified" : "not verified, which needs HTTPS");
  part("progress").hidden = true;
  say("veil", "Start the camera, or choose an image");
  showState("ready");
  for (const id of ["camera", "start", "file", "measure"]) part(id).disabled = false;
  part("choose").classList.add("ready");
  performance.mark("ready");
  if (!readsTruly()) {
    showTrouble("This browser changes the pixels that pages read, against fingerprinting: answers can be wrong. Allow it " +
      "for this address, or use another browser.");
  }
  showCameras();
}

// Run the runtime's classic script and return what it defines.
function scriptOf(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = path;
    script.addEventListener("load", () => resolve(globalThis.ModuleFactory));
    script.addEventListener("error", () => reject(new Error(`${path} doesn't come: copy the whole folder again`)));
    document.head.append(script);
  });
}

function showModel(state) {
  const { model } = site;
  const rule = model.decision;
  showFacts("model", [
    ["file", `${model.file}, ${(model.size_bytes / 1e6).toFixed(1)} MB, ${model.quantization}`],
    ["SHA-256", state ? `${model.sha256} (${state})` : model.sha256, "mono"],
    ["labels", listed(model.labels)],
    ["origin", model.origin || "–"],
    ["input", `${model.input.width}x${model.input.height}, ${model.input.recipe}, ${model.input.resize}`],
    ["thresholds", `${rule.score} ${Number(rule.threshold.toPrecision(3))}, presence ${rule.presence_threshold}`],
    ["runtime", `LiteRT.js ${site.runtime_version}`],
    ["version", `edge-classify ${site.toolkit_version}, page ${site.version}`],
  ]);
}

async function showCameras() {
  const list = part("camera");
  const chosen = list.value;
  const named = await namedCameras().catch(() => []);
  list.querySelector("optgroup")?.remove();
  if (!named.length) return;
  const group = document.createElement("optgroup");
  group.label = "Cameras of this device";
  group.append(...named.map(({ id, name }) => new Option(name, id)));
  list.append(group);
  list.value = [...list.options].some(({ value }) => value === chosen) ? chosen : "environment";
}

async function toggle() {
  if (camera.isLive) stop();
  else await live();
}

async function live() {
  showTrouble("");
  showState("starting");
  decider = new Decider(site.model);
  times = [];
  try {
    await camera.start(part("camera").value, step, (sentence) => { stop(); showTrouble(sentence); });
    say("start", "Stop camera");
    showState("live");
    showCameras(); // now that one is allowed, they have names
  } catch (error) {
    stop();
    showTrouble(error.message);
  }
}

function stop() {
  camera.stop();
  say("start", "Start camera");
  showState("ready");
}

// A frame of the camera.
function step(video, now) {
  try {
    const frame = pixelsOf(video, video.videoWidth, video.videoHeight);
    const prediction = show(video, frame);
    showDecision(decider.decide(prediction, seconds(now)), now);
    times = [...times.filter((time) => now - time < SECOND_MS), now];
    showSpeed(prediction);
  } catch (error) {
    stop();
    showTrouble(`A frame can't be classified: ${error.message}`);
  }
}

function showDecision(decision, now) {
  showAnswer(decision, ![UNKNOWN, NOTHING, STALE].includes(decision.label),
    decision.label === STALE ? "" : `for ${Math.max(0, Math.round(seconds(now) - decision.sinceS))} s`);
  if (performance.getEntriesByName("first answer").length === 0) performance.mark("first answer");
}

// Classify pixels and show the picture, the network's input and the bars.
function show(source, frame) {
  const prediction = classifier.classify(frame);
  last = frame;
  say("veil", "");
  showPicture(source, frame.width, frame.height, prediction.region);
  showEye(prediction.pixels, site.model.input);
  showBars(prediction.top, site.model.decision.score === "probability" ? site.model.decision.threshold : 0);
  say("presence", `Something is there: ${percent(prediction.presence)}`);
  return prediction;
}

function showSpeed({ ms }) {
  const rate = times.length > 1 ? ((times.length - 1) * SECOND_MS) / (times.at(-1) - times[0]) : null;
  showFacts("counts", [
    ["frames a second", rate === null ? "–" : rate.toFixed(rate < 10 ? 1 : 0)],
    ["frame to decision", milliseconds(ms.total)],
    ["of it the network", milliseconds(ms.invoke)],
  ]);
}

// Classify an image file on its own.
async function look(file) {
  if (!file || !classifier) return;
  stop();
  showTrouble("");
  try {
    const frame = await decodeImage(file);
    const bitmap = await createImageBitmap(frame);
    times = [];
    const prediction = show(bitmap, frame);
    bitmap.close();
    const isKnown = ![UNKNOWN, NOTHING].includes(prediction.label);
    showAnswer({ ...prediction, probability: prediction.top[0]?.probability ?? 0 }, isKnown);
    showSpeed(prediction);
    performance.mark("first answer");
  } catch (error) {
    showTrouble(error.message);
  }
}

async function measureDevice() {
  if (isBusy) return;
  isBusy = true;
  stop();
  const isUsable = last && classifier.classify(last).label !== NOTHING; // without content the network isn't run
  const frame = isUsable ? last : new ImageData(640, 480);
  if (!isUsable) frame.data.forEach((_, i) => { frame.data[i] = (i * 7919) % 256; });
  const result = await measure(classifier, frame, (share) => say("measured", `Measuring: ${percent(share)}`));
  const save = part("save");
  if (save.href) URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([toJson({ ...result, ...opened }, site)], { type: "application/json" }));
  save.hidden = false;
  say("measured", `Network ${milliseconds(median(result.invoke))}, frame to decision ` +
    `${milliseconds(median(result.whole))}, medians of ${result.invoke.length} and ${result.whole.length}.`);
  isBusy = false;
}

// Offline after the first visit; a new version waits until it is asked for.
async function keepOffline() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    part("update").hidden = false;
    part("reload").onclick = () => registration.waiting?.postMessage("take over");
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  const wasControlled = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (wasControlled) location.reload(); });
  offer();
}

function listen() {
  part("start").addEventListener("click", toggle);
  part("camera").addEventListener("change", () => { if (camera.isLive) live(); });
  part("file").addEventListener("change", () => { look(part("file").files[0]); part("file").value = ""; });
  part("measure").addEventListener("click", measureDevice);
  navigator.mediaDevices?.addEventListener?.("devicechange", showCameras);
  document.addEventListener("dragover", (event) => { event.preventDefault(); part("frame").classList.add("over"); });
  document.addEventListener("dragleave", () => part("frame").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    part("frame").classList.remove("over");
    look([...event.dataTransfer.files].find(({ type }) => type.startsWith("image/")) ?? event.dataTransfer.files[0]);
  });
  setInterval(() => { // no frame for long: the answer is an old one
    if (!camera.isLive || !decider) return;
    const now = performance.now();
    const decision = decider.at(seconds(now));
    if (decision.label === STALE) showDecision(decision, now);
  }, SECOND_MS / 2);
}

if (globalThis.canStart) {
  listen();
  try {
    await start();
    await keepOffline().catch(() => {}); // a private window keeps nothing, and the page works
  } catch (error) {
    say("veil", "");
    part("progress").hidden = true;
    showState("stopped");
    showTrouble(`The page can't start: ${error.message}`);
  }
}

export { classifier, decodeImage, last }; // for tests, and for whoever builds on it
