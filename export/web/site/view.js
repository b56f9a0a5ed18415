// What the page shows: the frame with the part that counts, the answer, the bars, the network's input, facts.

const MOST_WIDE = 960; // pixels of the picture on the screen
const BARS = 5;
const MOST_LETTERS = 300; // of a list that isn't folded

export const part = (id) => document.getElementById(id);
export const percent = (value) => `${(value * 100).toFixed(value < 0.9995 && value > 0.9949 ? 1 : 0)} %`;
export const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export function say(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text; // what doesn't change isn't read out again
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// Names with their number: a line, or folded where a phone would have to scroll past them.
export function listed(names) {
  const text = `${names.length}: ${names.join(", ")}`;
  if (text.length <= MOST_LETTERS) return text;
  const folded = element("details", "");
  folded.append(element("summary", `${names.length}`), element("p", names.join(", ")));
  return folded;
}

export function showFacts(id, pairs) {
  part(id).replaceChildren(...pairs.map(([name, value, kind]) => {
    const pair = element("div", "");
    const content = element("dd", "", kind);
    content.append(value);
    pair.append(element("dt", name), content);
    return pair;
  }));
}

export function showState(state, text = state) {
  part("state").dataset.state = state;
  say("state", text);
}

// A sentence of what is wrong; empty: nothing is.
export function showTrouble(text) {
  part("trouble").hidden = !text;
  say("trouble", text);
}

// Draw the frame, and dim what lies outside the part that the network gets.
export function showPicture(source, width, height, [left, top, across, down]) {
  const canvas = part("picture");
  const share = Math.min(1, MOST_WIDE / width);
  const [wide, high] = [Math.round(width * share), Math.round(height * share)];
  if (canvas.width !== wide || canvas.height !== high) {
    [canvas.width, canvas.height] = [wide, high];
    part("frame").style.aspectRatio = `${wide} / ${Math.min(high, wide * 1.25)}`;
  }
  const pen = canvas.getContext("2d");
  pen.drawImage(source, 0, 0, wide, high);
  if (across === width && down === height) return;
  const [x, y, w, h] = [left, top, across, down].map((edge) => edge * share);
  pen.fillStyle = "rgb(0 0 0 / 60%)";
  pen.beginPath();
  pen.rect(0, 0, wide, high);
  pen.rect(x, y, w, h);
  pen.fill("evenodd");
  pen.strokeStyle = "#5fd3c4";
  pen.lineWidth = Math.max(2, wide / 240);
  pen.strokeRect(x, y, w, h);
}

export function showEye(pixels, { width, height, channels }) {
  const canvas = part("eye");
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const at = channels * i;
    const colour = channels === 3 ? [pixels[at], pixels[at + 1], pixels[at + 2], 255] : [pixels[at], pixels[at], pixels[at], 255];
    image.data.set(colour, 4 * i);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export function showAnswer({ label, probability, reason }, isKnown, since = "") {
  say("label", label);
  part("label").dataset.known = isKnown ? "yes" : "no";
  say("probability", isKnown ? percent(probability) : "");
  say("reason", reason);
  say("since", since);
}

// Likeliest classes; `threshold` is that of a probability, or 0.
export function showBars(top, threshold) {
  const list = part("bars");
  const ranked = top.slice(0, BARS);
  while (list.children.length > ranked.length) list.lastChild.remove();
  while (list.children.length < ranked.length) {
    const row = element("li", "");
    const track = element("div", "", "track");
    track.append(element("div", "", "fill"));
    if (threshold > 0) {
      const mark = element("div", "", "mark");
      mark.style.left = `${threshold * 100}%`;
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
