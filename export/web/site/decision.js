// Decisions of edge/classify: probabilities, confidence scores, `unknown`, `nothing` and `stale`. No clock of its own.
// Numbers that numpy keeps as float32 are rounded as float32 here, so that comparisons come out alike.

export const UNKNOWN = "unknown";
export const NOTHING = "nothing";
export const STALE = "stale";

const SMALLEST = Math.fround(1e-7); // of a probability whose logarithm is taken
const FRAME_S = 1 / 25; // that a frame counts for whose clock stands or was set back
const DIGITS = 5; // of seconds
const NAMES = {
  probability: "top1", margin: "top1's lead over top2", energy: "negative free energy", joint: "top1 and known score",
};
const { fround } = Math;

// Softmax, where it is missing, with the temperature: Float32Array of 0-1.
export function toProbabilities(scores, output, temperature) {
  if (output === "probabilities" && temperature === 1) return Float32Array.from(scores);
  const divisor = fround(temperature);
  const scaled = Float32Array.from(scores, (score) => {
    const logit = output === "probabilities" ? fround(Math.log(Math.max(score, SMALLEST))) : score;
    return logit / divisor;
  });
  const highest = Math.max(...scaled);
  const exponentials = scaled.map((value) => Math.exp(fround(value - highest)));
  const sum = fround(exponentials.reduce((total, value) => total + value, 0));
  return exponentials.map((value) => value / sum);
}

// Score that the threshold is compared with; higher means more likely one of the trained classes.
export function confidenceScore(scores, probabilities, kind) {
  const best = Math.max(...probabilities);
  if (kind === "margin") {
    const second = Math.max(...probabilities.filter((_, index) => index !== probabilities.indexOf(best)));
    return fround(best - second);
  }
  if (kind === "energy" || kind === "joint") {
    const highest = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + fround(Math.exp(fround(score - highest))), 0);
    const energy = fround(highest + fround(Math.log(sum)));
    return kind === "energy" ? energy : fround((best * (1 + Math.tanh(energy / 2))) / 2);
  }
  return best;
}

// Score of a frame on which the network wasn't run.
export const lowestScore = (kind) => (kind === "energy" ? -Infinity : 0);

// Compare evidence {presence, score, probabilities} with the thresholds; `shown` is the decision of a stream, or null
// for an image on its own. Returns [label, reason].
export function judge(evidence, labels, rule, shown = null) {
  let limit = rule.presence_threshold;
  let name = shown === null ? "" : "off-threshold ";
  if (shown === NOTHING) [limit, name] = [rule.presence_on_threshold, "on-threshold "];
  if (evidence.probabilities === null || evidence.presence < limit) {
    const reason = compared("presence", evidence.presence, limit, name);
    return [NOTHING, shown ? reason : `nothing stands out (${reason})`];
  }
  const highest = Math.max(...evidence.probabilities);
  let best = labels[evidence.probabilities.indexOf(highest)];
  if (shown !== null && labels.includes(shown)) {
    const lead = fround(highest - evidence.probabilities[labels.indexOf(shown)]);
    if (lead < fround(rule.off_margin)) best = shown;
  }
  [limit, name] = [rule.threshold, shown === null ? "threshold " : "on-threshold "];
  if (best === shown) [limit, name] = [rule.off_threshold, "off-threshold "];
  return [evidence.score >= limit ? best : UNKNOWN, compared(NAMES[rule.score], evidence.score, limit, name)];
}

// How a value compares with a limit, with enough digits, at least two, to show the difference.
function compared(what, value, limit, name) {
  const digits = [2, 3, 4, 5].find((count) => fixed(value, count) !== fixed(limit, count)) ?? 2;
  const verb = value < limit ? "below" : "reaches";
  return `${what} ${fixed(value, digits)} ${verb} ${name}${fixed(limit, digits)}`;
}

// Python's rounding: toFixed takes the larger of two numbers that are equally near, Python the even one.
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const power = 10 ** digits;
  const below = Math.floor(Math.abs(value) * power);
  // Only multiples of 1 / 2 ** (digits + 1) can lie in the middle between two numbers of so many digits.
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(value) * power === below + 0.5;
  if (!isTie || below % 2) return value.toFixed(digits);
  return `${value < 0 ? "-" : ""}${(below / power).toFixed(digits)}`;
}

// Decisions on the frames of a camera: an answer is smoothed and held as the specification says.
export class Decider {
  #labels;
  #rule;
  #last = null;
  #frameS = null; // time of the last frame
  #candidate = UNKNOWN; // label that the smoothed evidence points to
  #held = 0; // frames in a row whose own evidence agrees
  #presence = new Smoothed();
  #score = new Smoothed();
  #probabilities = new Smoothed();

  constructor(model) {
    this.#labels = model.labels;
    this.#rule = model.decision;
  }

  // Take in a frame's prediction at a time, in seconds, and return {label, probability, sinceS, changed, reason}.
  decide(prediction, clockS) {
    const shown = this.#last === null || this.#isStale(clockS) ? UNKNOWN : this.#last.label;
    this.#frameS = clockS;
    let [candidate, why] = judge(this.#smoothed(prediction, clockS), this.#labels, this.#rule, shown);
    const [own] = judge(evidenceOf(prediction), this.#labels, this.#rule, shown);
    this.#held = (candidate === this.#candidate ? this.#held : 0) + (own === candidate ? 1 : 0);
    this.#candidate = candidate;
    const needed = this.#rule.hold_frames;
    if (candidate !== shown) why = `${candidate} held ${Math.min(this.#held, needed)} of ${needed} frames: ${why}`;
    const label = this.#held >= needed ? candidate : shown;
    return this.#show(label, this.#probabilityOf(label), clockS, why);
  }

  // The decision at a time without a new frame: the last one, or `stale`.
  at(clockS) {
    if (this.#last !== null && !this.#isStale(clockS)) return { ...this.#last, changed: false };
    if (this.#frameS === null) return this.#show(STALE, 0, clockS, "no frame yet");
    const limit = this.#rule.stale_after_s;
    return this.#show(STALE, 0, this.#frameS + limit, `no frame for more than ${Number(limit.toPrecision(6))} s`);
  }

  #isStale(clockS) {
    if (this.#frameS === null || (this.#last !== null && this.#last.label === STALE)) return true;
    return Number((clockS - this.#frameS).toFixed(DIGITS)) > this.#rule.stale_after_s;
  }

  #smoothed(prediction, clockS) {
    const smoothingS = this.#rule.smoothing_s;
    this.#presence.add([prediction.presence], clockS, smoothingS);
    if (prediction.label !== NOTHING) {
      this.#score.add([prediction.score], clockS, smoothingS);
      this.#probabilities.add(prediction.probabilities, clockS, smoothingS);
    }
    if (!this.#probabilities.value.length) return evidenceOf(prediction);
    return {
      presence: this.#presence.value[0], score: this.#score.value[0], probabilities: this.#probabilities.value,
    };
  }

  #probabilityOf(label) {
    const probabilities = this.#probabilities.value;
    if (label === NOTHING || !probabilities.length) return 0;
    const index = this.#labels.indexOf(label);
    return index < 0 ? Math.max(...probabilities) : probabilities[index];
  }

  #show(label, probability, clockS, reason) {
    const changed = this.#last === null || this.#last.label !== label;
    const sinceS = changed ? clockS : this.#last.sinceS;
    this.#last = { label, probability, sinceS, changed, reason };
    return this.#last;
  }
}

// Evidence of one frame by itself.
function evidenceOf({ label, presence, score, probabilities }) {
  return { presence, score, probabilities: label === NOTHING ? null : probabilities };
}

// An exponential average over time.
class Smoothed {
  value = new Float32Array(0);
  #clockS = null;

  // Add a value, weighted by the seconds since the last one; the first one counts in full.
  add(value, clockS, smoothingS) {
    let weight = 1;
    if (this.#clockS !== null && smoothingS > 0) {
      const elapsedS = clockS - this.#clockS;
      weight = -Math.expm1(-(elapsedS > 0 ? elapsedS : FRAME_S) / smoothingS);
    }
    this.#clockS = clockS;
    const rounded = fround(weight);
    const old = this.value;
    this.value = weight === 1 ? Float32Array.from(value)
      : Float32Array.from(value, (each, index) => old[index] + fround(rounded * fround(fround(each) - old[index])));
  }
}
