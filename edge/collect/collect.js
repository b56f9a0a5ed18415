// The page of a session: a button or key that is held says so again and again, and the server saves meanwhile.

import { listen } from "./events.js";

const part = (id) => document.getElementById(id);
const KEYS = "1234567890qwertyuiopasdfghjklzxcvbm"; // without n, which shows the next image
const AGAIN_MS = 400; // from one word of a held button to the next; the server forgets it after 1.5 s
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

let facts = null;
let press = null; // the button that is held: { name, key, timer, isOver }
let counted = 0;
let shownFrame = "";
let notice = "";

function say(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text; // what doesn't change isn't read out again
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const images = (count) => `${count.toLocaleString("en")} image${count === 1 ? "" : "s"}`;
const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;

async function change(path, parameters = {}) {
  const query = new URLSearchParams(parameters);
  try {
    const response = await fetch(`${path}?${query}`, { method: "POST", keepalive: true });
    const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
    const body = isJson ? await response.json() : { error: await response.text() };
    notice = response.ok ? "" : body.error;
    return response.ok ? body : null;
  } catch {
    notice = "No connection to edge-classify: nothing is saved";
    return null;
  }
}

async function insist(held) {
  if (held.isOver) return;
  held.told = change("collect/hold", { class: held.name, press: held.key });
  await held.told;
  if (!held.isOver) held.timer = setTimeout(() => insist(held), AGAIN_MS);
}

function hold(name) {
  letGo();
  press = { name, key: `${Date.now()}-${Math.random().toString(36).slice(2)}`, timer: 0, isOver: false };
  insist(press);
  showHeld(name);
}

function letGo(event) {
  if (press === null) return;
  const { key } = press;
  press.isOver = true;
  clearTimeout(press.timer);
  const release = () => change("collect/release", { press: key });
  // An end that overtakes its beginning on the way would undo a short tap; only a page that goes away can't wait.
  if (event?.type === "pagehide") release();
  else press.told.then(release);
  press = null;
  showHeld("");
}

function tap(name) {
  hold(name);
  letGo();
}

function showHeld(name) {
  for (const button of part("classes").children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
  part("frame").classList.toggle("held", name !== "");
}

function addButton(name, index) {
  const button = element("button", "");
  button.type = "button";
  button.dataset.name = name;
  button.setAttribute("aria-pressed", "false");
  const key = KEYS[index] ?? "";
  const badge = element("kbd", key);
  badge.hidden = !key;
  if (key) button.setAttribute("aria-keyshortcuts", key);
  button.append(element("span", name, "name"), element("span", "0", "count"), element("span", "", "added"), badge);
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    button.focus({ preventScroll: true, focusVisible: false });
    button.setPointerCapture(event.pointerId);
    hold(name);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(end, letGo);
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) hold(name);
  });
  button.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") letGo(); });
  button.addEventListener("click", (event) => { if (event.detail === 0) tap(name); }); // a screen reader's
  part("classes").append(button);
}

function showInitial(data) {
  facts = data;
  letGo();
  part("classes").replaceChildren();
  data.classes.forEach(addButton);
  part("next").hidden = !data.stepped;
  say("classes-title", data.stepped ? "Press its class" : "Hold to save");
  say("source", data.source);
  showPicture();
}

function showPicture() {
  part("picture").src = `${isStill ? "picture.jpg" : "pictures"}?${Date.now()}`;
}

function showMessage(data, added) {
  const bad = data.problem || notice;
  part("message").dataset.kind = bad ? "bad" : "";
  if (bad) say("message", data.problem ? `Not saved: ${data.problem}` : notice);
  else if (data.is_near_copy) say("message", `It has an image like this already: move the thing or the camera (${images(data.near_copies)} skipped)`);
  else if (data.last && added) say("message", `${images(data.last.images)} of ${data.last.class} saved`);
  else say("message", facts.stepped ? "Which class is this? Press its button or key." : "Hold a button or its key: images are saved as long as you do.");
}

function showClasses(classes) {
  classes.forEach(([name, total, added], index) => {
    const [, count, more] = part("classes").children[index].children;
    if (count.textContent !== String(total)) count.textContent = String(total);
    const text = added ? `+${added}` : "";
    if (more.textContent !== text) more.textContent = text;
    part("classes").children[index].setAttribute("aria-label", `${name}, ${images(total)}`);
  });
}

function showFacts(data) {
  const share = Math.min(100, (100 * data.used_bytes) / data.limit_bytes);
  part("quota").setAttribute("aria-valuenow", share.toFixed(0));
  part("quota").dataset.kind = share > 90 ? "bad" : "";
  part("quota").firstElementChild.style.width = `${share}%`;
  const pairs = [
    ["folder", facts.folder],
    ["size", `${megabytes(data.used_bytes)} of ${megabytes(data.limit_bytes)}`],
    ["near copies", `${data.near_copies.toLocaleString("en")} skipped`],
    ["next", facts.next],
  ];
  const wanted = pairs.flat().join("\n");
  if (part("facts").dataset.shown === wanted) return;
  part("facts").dataset.shown = wanted;
  part("facts").replaceChildren(...pairs.map(([name, value]) => {
    const pair = element("div", "");
    pair.append(element("dt", name), element("dd", value, name === "next" ? "mono" : ""));
    return pair;
  }));
}

function showAge(words, state, text = state) {
  part("frame").classList.toggle("old", words !== "");
  say("state", text);
  part("state").dataset.state = state;
  say("veil", words);
}

function allow(isAllowed) {
  for (const button of part("classes").children) button.disabled = !isAllowed;
  part("next").disabled = !isAllowed;
}

// Without a connection nothing is saved, whatever is pressed.
function showLost(last) {
  const time = last.toLocaleTimeString();
  letGo();
  allow(false);
  part("undo").disabled = true;
  part("saving").hidden = true;
  part("message").dataset.kind = "bad";
  say("message", `No connection to edge-classify since ${time}: nothing is saved`);
  showAge("No connection to edge-classify; trying again", "stale", "no connection");
  document.title = "no connection · collect";
}

function showUpdate(data) {
  const added = data.classes.reduce((sum, each) => sum + each[2], 0);
  showClasses(data.classes);
  showMessage(data, added);
  showFacts(data);
  const { state, reason } = data.run;
  showAge(state === "live" ? "" : reason || (state === "ended" ? "The source has ended" : "Waiting for the first frame"), state);
  allow(true);
  part("undo").disabled = !data.last;
  say("undo", data.last ? `Undo ${images(data.last.images)} of ${data.last.class}` : "Undo");
  part("saving").hidden = !data.held;
  say("saving", data.held);
  if (isStill && (added !== counted || data.frame !== shownFrame || facts.stepped)) showPicture(); // no motion, but not an old picture either
  [counted, shownFrame] = [added, data.frame];
  document.title = data.held ? `${data.held} · collect` : `${images(added)} · collect`;
}

async function undo() {
  letGo();
  await change("collect/undo");
}

function buttonOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const index = KEYS.indexOf(event.key.toLowerCase());
  return index >= 0 && event.key.length === 1 ? part("classes").children[index] ?? null : null;
}

addEventListener("keydown", (event) => {
  if (event.repeat) return;
  const button = buttonOf(event);
  if (button) hold(button.dataset.name);
  else if (event.key === "Backspace" && !event.ctrlKey && !event.metaKey && !event.altKey) undo();
  else if (event.key === "n" && facts?.stepped) change("collect/next");
});
addEventListener("keyup", (event) => { if (press && buttonOf(event)?.dataset.name === press.name) letGo(); });
addEventListener("blur", letGo);
addEventListener("pagehide", letGo);
document.addEventListener("visibilitychange", () => { if (document.hidden) letGo(); });
part("undo").addEventListener("click", undo);
part("next").addEventListener("click", () => change("collect/next"));

listen({ initial: showInitial, update: showUpdate, lost: showLost });
