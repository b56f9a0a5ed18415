// The live page: shows the run's server-sent events. Pictures come as a stream of their own.

import { offerCorrections } from "./corrections.js";
import { listen } from "./events.js";

const part = (id) => document.getElementById(id);
const SECONDS = 120; // of the charts
const EMPTY = [0, null, null]; // a second without a frame, or without news of one
const MOST_LABELS = 24; // that are shown in full
const GONE = "no connection";
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

let model = null;
let history = [];
let seconds = 0; // how many are in the charts or have left them
let lastAnswer = "";
let lastWords = ""; // the last answer on a fresh frame, for when no other comes
let isPaused = isStill;

const percent = (value) => `${(value * 100).toFixed(value < 0.9995 && value > 0.9949 ? 1 : 0)}\u00a0%`;
const milliseconds = (value) =>
  value === null ? "–" : value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;

function say(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text; // what doesn't change isn't read out again
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function facts(id, pairs) {
  const old = part(id);
  const wanted = pairs.map((pair) => pair.join("\n")).join("\n\n");
  if (old.dataset.shown === wanted) return;
  old.dataset.shown = wanted;
  old.replaceChildren(...pairs.map(([name, value, kind]) => {
    const pair = element("div", "");
    pair.append(element("dt", name), element("dd", value, kind));
    return pair;
  }));
}

function showPicture() {
  const stream = isPaused ? "picture.jpg" : "pictures";
  part("picture").src = `${stream}?${Date.now()}`;
  part("pause").textContent = isPaused ? "Play picture" : "Pause picture";
}

// Thresholds in words; scores other than a probability have no scale that a viewer knows.
function namedFrom() {
  const { score, threshold, off_threshold: keptFrom } = model;
  if (score !== "probability") return "";
  return `from ${percent(threshold)} on${keptFrom < threshold ? `, kept down to ${percent(keptFrom)}` : ""}`;
}

function inWords({ state, top_k: ranked, reason }) {
  const limit = namedFrom();
  if (state === "known" && model.score === "probability" && model.threshold <= 0) return "The likeliest of its classes.";
  if (state === "known") return `Sure enough to be named${limit && `: ${limit}`}.`;
  if (state === "unknown") {
    return `${ranked.length ? `Most like ${ranked[0].label}, but not` : "Not"} sure enough to be named${limit && `: ${limit}`}.`;
  }
  return state === "nothing" ? "Nothing stands out in the picture." : `${reason[0].toUpperCase()}${reason.slice(1)}.`;
}

function showAnswer(answer, isFresh) {
  const isKnown = answer.state === "known";
  const sure = isKnown ? percent(answer.probability) : "";
  say("label", answer.label);
  part("label").dataset.known = isKnown ? "yes" : "no";
  say("probability", sure);
  say("reason", inWords(answer));
  const lasting = Math.max(0, Math.round((Date.parse(answer.time) - Date.parse(answer.since)) / 1000));
  say("since", answer.state === "stale" ? "" : `for ${lasting} s`); // the frame's age says it
  say("source", answer.source);
  say("when", `frame ${answer.frame.toLocaleString("en")}, ${new Date(answer.time).toLocaleTimeString()}`);
  say("presence", isFresh ? `Something is there: ${percent(answer.presence)}` : "");
  const { vision, invoke, decide } = answer.latency_ns;
  say("stages", isFresh ? `Last frame: prepared in ${(vision / 1e6).toFixed(2)} ms, network ${(invoke / 1e6).toFixed(2)} ms, ` +
    `decision ${(decide / 1e6).toFixed(2)} ms` : "");
  if (answer.state !== "stale") lastWords = `${answer.label}${sure && `, ${sure}`}`;
  const shown = `${answer.state} ${answer.label}`;
  if (shown !== lastAnswer) {
    lastAnswer = shown;
    document.title = `${answer.label} · edge-classify`;
    if (isStill && isPaused) showPicture(); // no motion, but not an old picture either
  }
  showBars(answer.top_k);
}

function showBars(ranked) {
  const list = part("bars");
  while (list.children.length > ranked.length) list.lastChild.remove();
  while (list.children.length < ranked.length) {
    const row = element("li", "");
    const track = element("div", "", "track");
    track.append(element("div", "", "fill"));
    if (model && model.score === "probability" && model.threshold > 0) {
      const mark = element("div", "", "mark");
      mark.style.left = `${model.threshold * 100}%`;
      track.append(mark);
    }
    row.append(element("span", ""), element("span", ""), track);
    list.append(row);
  }
  ranked.forEach(({ label, probability }, index) => {
    const [name, value, track] = list.children[index].children;
    name.textContent = label;
    value.textContent = percent(probability);
    track.firstChild.style.width = `${probability * 100}%`;
  });
}

async function showEye({ height, width, pixels, jpeg }) {
  const canvas = part("eye");
  if (canvas.width !== width || canvas.height !== height) {
    [canvas.width, canvas.height] = [width, height];
  }
  const bytes = Uint8Array.from(atob(pixels ?? jpeg), (character) => character.charCodeAt(0));
  if (jpeg) {
    canvas.getContext("2d").drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    return;
  }
  const image = new ImageData(width, height);
  bytes.forEach((value, index) => image.data.set([value, value, value, 255], 4 * index));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function showState(state, text = state) {
  part("state").dataset.state = state;
  say("state", text);
}

function showCounts({ frames, dropped, skipped, reconnects }, rate) {
  const count = (value) => value?.toLocaleString("en") ?? "–";
  facts("counts", [
    ["frames", count(frames)],
    ["a second", count(rate)],
    ["dropped", count(dropped)],
    ["unreadable", count(skipped), skipped ? "bad" : ""],
    ["reconnects", count(reconnects), reconnects ? "bad" : ""],
  ]);
}

function showSinks(sinks) {
  const lines = sinks.map(({ name, dropped, failure }) => {
    const lost = dropped ? `, ${dropped.toLocaleString("en")} answers lost` : "";
    return element("li", failure ? `${name}: ${failure}${lost}` : `${name}: fine${lost}`, failure ? "bad" : "");
  });
  const text = lines.map((line) => line.textContent).join();
  if (part("sinks").dataset.shown !== text) {
    part("sinks").dataset.shown = text;
    part("sinks").replaceChildren(...lines);
  }
}

// Bars from the right, one a second; the highest is as high as the chart.
function showChart(id, name, values, figure) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(1, ...known);
  const bars = values.map((value, index) => {
    const height = (38 * (value ?? 0)) / top;
    return height ? `M${SECONDS - values.length + index} 40v${-height}h1v${height}z` : "";
  });
  const highest = known.length ? `highest ${milliseconds(top)}` : "";
  part(`${id}-chart`).firstElementChild.setAttribute("d", bars.join(""));
  say(`${id}-top`, highest);
  say(id, figure ?? milliseconds(values.at(-1) ?? null)); // the last bar's
  part(`${id}-chart`).setAttribute("aria-label",
    `${name}, worst of each second, last two minutes: ${[highest || "no frame", figure].filter(Boolean).join(", ")}`);
}

function showCharts(shown = history, figure = undefined) {
  showChart("latency", "Frame to decision", shown.map((second) => second[1]), figure);
  showChart("age", "Age of the frame", shown.map((second) => second[2]), figure);
}

// What is shown is not of now: grey, and said on the picture. Empty words: it is.
function markOld(words) {
  part("frame").classList.toggle("old", words !== "");
  part("main").classList.toggle("old", words !== "");
  say("veil", words);
}

function thresholds({ score, threshold, presence_threshold: presence }) {
  const there = presence > 0 ? `, where something is there with at least ${percent(presence)}` : "";
  if (score === "probability") return threshold > 0 ? `${namedFrom()}${there}` : `always${there}`;
  return `${score} of at least ${Number(threshold.toPrecision(3))}${there}`;
}

// All labels, or the first and the last of many.
const shortened = (labels) =>
  labels.length <= MOST_LABELS ? labels.join(", ") : `${labels.slice(0, 4).join(", ")} … ${labels.at(-1)}`;

function showInitial(data) {
  ({ model, history, seconds } = data);
  offerCorrections(data.corrections);
  part("bars").replaceChildren();
  facts("model", [
    ["file", `${model.file}, ${(model.size_bytes / 1000).toFixed(0)} kB, ${model.quantization}`],
    ["SHA-256", model.sha256, "mono"],
    ["labels", `${model.labels.length}: ${shortened(model.labels)}`],
    ["run", model.run_name ? `${model.run_name}, on ${model.dataset}` : "–"],
    ["runtime", model.runtime],
    ["named", thresholds(model)],
    ["version", model.version],
  ]);
  showCharts();
  showPicture();
}

function showUpdate(data) {
  const { run, answer } = data;
  const isFresh = run.state === "live";
  if (answer) {
    showAnswer(answer, isFresh);
    showEye(data.eye);
  }
  if (data.seconds > seconds) {
    const missed = Array(Math.min(data.seconds - seconds - 1, SECONDS)).fill(EMPTY);
    seconds = data.seconds;
    history = [...history, ...missed, data.second].slice(-SECONDS);
    showCharts();
  }
  showState(run.state);
  showCounts(run, history.at(-1)?.[0]);
  showSinks(data.sinks);
  const waiting = answer ? "No fresh frame" : "Waiting for the first frame";
  markOld(isFresh ? "" : run.reason || (run.state === "ended" ? "The run has ended" : waiting));
}

function showLost(last) {
  const time = last.toLocaleTimeString();
  const empty = Array(Math.min(Math.round((Date.now() - last) / 1000), SECONDS)).fill(EMPTY);
  say("label", GONE);
  part("label").dataset.known = "no";
  say("probability", "");
  say("since", "");
  say("reason", `Nothing is known since ${time}.${lastWords && ` The last answer was ${lastWords}.`}`);
  for (const id of ["presence", "stages"]) say(id, "");
  lastAnswer = "";
  document.title = `${GONE} · edge-classify`;
  showState("stale", GONE);
  showCounts({});
  showSinks([]);
  showCharts([...history, ...empty].slice(-SECONDS), GONE);
  markOld(`No connection to edge-classify since ${time}; trying again`);
}

listen({ initial: showInitial, update: showUpdate, lost: showLost });
part("pause").addEventListener("click", () => { isPaused = !isPaused; showPicture(); });
