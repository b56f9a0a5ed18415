// The live page: shows the run's server-sent events. Pictures come as a stream of their own.

import { offerCorrections } from "/corrections.js";

const part = (id) => document.getElementById(id);
const SECONDS = 120; // of the charts
const LATE_MS = 2500; // without an event for so long, what is shown is old; events come at least twice a second
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

let model = null;
let history = [];
let seconds = 0; // how many are in the charts or have left them
let lastAnswer = "";
let lastEvent = 0;
let isPaused = isStill;
let isOld = false;

const percent = (value) => `${(value * 100).toFixed(value < 0.9995 && value > 0.9949 ? 1 : 0)} %`;
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
  const stream = isPaused ? "/picture.jpg" : "/pictures";
  part("picture").src = `${stream}?${Date.now()}`;
  part("pause").textContent = isPaused ? "Play picture" : "Pause picture";
}

function showAnswer(answer) {
  const isKnown = answer.state === "known";
  say("label", answer.label);
  part("label").dataset.known = isKnown ? "yes" : "no";
  say("probability", isKnown ? percent(answer.probability) : "");
  say("reason", answer.reason);
  const lasting = Math.max(0, Math.round((Date.parse(answer.time) - Date.parse(answer.since)) / 1000));
  say("since", answer.state === "stale" ? "" : `for ${lasting} s`); // the frame's age says it
  say("source", answer.source);
  say("when", `frame ${answer.frame.toLocaleString("en")}, ${new Date(answer.time).toLocaleTimeString()}`);
  say("presence", `Something is there: ${percent(answer.presence)}`);
  const { vision, invoke, decide } = answer.latency_ns;
  say("stages", `Preparing the frame ${(vision / 1e6).toFixed(2)} ms, network ${(invoke / 1e6).toFixed(2)} ms, ` +
    `decision ${(decide / 1e6).toFixed(2)} ms`);
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

function showRun(run, sinks) {
  part("state").dataset.state = run.state;
  say("state", run.state);
  const last = history.at(-1);
  facts("counts", [
    ["frames", run.frames.toLocaleString("en")],
    ["a second", last ? String(last[0]) : "–"],
    ["dropped", run.dropped.toLocaleString("en")],
    ["unreadable", run.skipped.toLocaleString("en"), run.skipped ? "bad" : ""],
    ["reconnects", run.reconnects.toLocaleString("en"), run.reconnects ? "bad" : ""],
  ]);
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
function showChart(id, name, values) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(1, ...known);
  const bars = values.map((value, index) => {
    const height = (38 * (value ?? 0)) / top;
    return height ? `M${SECONDS - values.length + index} 40v${-height}h1v${height}z` : "";
  });
  part(`${id}-chart`).firstElementChild.setAttribute("d", bars.join(""));
  say(`${id}-top`, known.length ? `highest ${milliseconds(top)}` : "");
  const worst = known.length ? `highest ${milliseconds(top)}` : "no frame yet";
  part(`${id}-chart`).setAttribute("aria-label", `${name}, worst of each second, last two minutes: ${worst}`);
}

function showCharts() {
  showChart("latency", "Frame to decision", history.map((second) => second[1]));
  showChart("age", "Age of the frame", history.map((second) => second[2]));
}

function showAge(isLate, run, hasAnswer) {
  isOld = isLate || (run !== null && run.state !== "live");
  part("frame").classList.toggle("old", isOld);
  if (isLate) {
    say("veil", "No connection to edge-classify; trying again");
    say("state", "no connection");
    part("state").dataset.state = "stale";
  } else if (isOld) {
    say("veil", run.reason || (run.state === "ended" ? "The run has ended" : hasAnswer ? "No fresh frame" : "Waiting for the first frame"));
  } else {
    say("veil", "");
  }
}

function showInitial(data) {
  ({ model, history, seconds } = data);
  offerCorrections(data.corrections);
  part("bars").replaceChildren();
  facts("model", [
    ["file", `${model.file}, ${(model.size_bytes / 1000).toFixed(0)} kB, ${model.quantization}`],
    ["SHA-256", model.sha256, "mono"],
    ["labels", `${model.labels.length}: ${model.labels.join(", ")}`],
    ["run", model.run_name ? `${model.run_name}, on ${model.dataset}` : "–"],
    ["runtime", model.runtime],
    ["thresholds", `${model.score} ${model.threshold}, presence ${model.presence_threshold}`],
    ["version", model.version],
  ]);
  showCharts();
  showPicture();
}

function showUpdate(data) {
  if (data.answer) {
    showAnswer(data.answer);
    showEye(data.eye);
    say("latency", milliseconds(data.answer.latency_ns.total / 1e6));
  }
  say("age", milliseconds(data.age_ms));
  if (data.seconds > seconds) {
    seconds = data.seconds;
    history = [...history, data.second].slice(-SECONDS);
    showCharts();
  }
  showRun(data.run, data.sinks);
  showAge(false, data.run, Boolean(data.answer));
}

const source = new EventSource("/messages"); // the browser reconnects by itself
source.addEventListener("initial", (event) => { lastEvent = Date.now(); showInitial(JSON.parse(event.data)); });
source.addEventListener("update", (event) => { lastEvent = Date.now(); showUpdate(JSON.parse(event.data)); });
setInterval(() => { if (Date.now() - lastEvent > LATE_MS) showAge(true, null, false); }, 1000);
part("pause").addEventListener("click", () => { isPaused = !isPaused; showPicture(); });
