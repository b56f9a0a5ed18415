// Classifier of single frames, as edge/classify/classifier.py: vision step, network, rule; a frame in, a prediction out.

import { confidenceScore, judge, lowestScore, toProbabilities } from "./decision.js";
import { prepare } from "./image_v1.js";

const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };

export class Classifier {
  #network;
  #table; // tensor's value for each pixel value of each channel
  #tensor;

  // Join what model.json says and an opened network.
  constructor(model, network) {
    const Input = ARRAYS[model.input_dtype];
    const size = model.input.width * model.input.height * model.input.channels;
    if (network.inputBytes !== size * Input.BYTES_PER_ELEMENT) {
      throw new Error(`the network takes ${network.inputBytes} bytes, model.json says otherwise: export the page again`);
    }
    this.model = model;
    this.#network = network;
    this.#table = model.input_table.map((channel) => Input.from(channel));
    this.#tensor = new Input(size);
  }

  // Memory of the runtime, in bytes: it grows and never shrinks.
  get memoryBytes() {
    return this.#network.memoryBytes();
  }

  // Input tensor of prepared pixels; the next call overwrites it.
  fill(pixels) {
    const { width, height, channels, layout, colour_order: order } = this.model.input;
    const area = width * height;
    for (let channel = 0; channel < channels; channel += 1) {
      const from = channels === 3 && order === "BGR" ? 2 - channel : channel;
      const table = this.#table[channel];
      if (layout === "NCHW") {
        for (let i = 0; i < area; i += 1) this.#tensor[channel * area + i] = table[pixels[i * channels + from]];
      } else {
        for (let i = 0; i < area; i += 1) this.#tensor[i * channels + channel] = table[pixels[i * channels + from]];
      }
    }
    return this.#tensor;
  }

  // Output of the network for an input tensor, as real numbers: logits or probabilities.
  scores(tensor) {
    const stored = this.#network.invoke(new Uint8Array(tensor.buffer));
    const { dtype, scale, zero_point: zero } = this.model.output_tensor;
    const values = new ARRAYS[dtype](stored.buffer);
    const step = Math.fround(scale);
    const scores = dtype === "float32" ? values : Float32Array.from(values, (value) => (value - zero) * step);
    if (scores.length !== this.model.labels.length || !scores.every(Number.isFinite)) {
      throw new Error("the network puts out numbers that aren't finite, or not one for each class: it is damaged");
    }
    return scores;
  }

  // Classify {width, height, data}, RGBA of 0-255; the network isn't run where nothing is there.
  classify(frame) {
    const { labels, output, decision: rule } = this.model;
    const started = performance.now();
    const { pixels, region, presence } = prepare(frame, this.model.input);
    const prepared = performance.now();
    const hasContent = presence >= rule.presence_threshold;
    const scores = hasContent ? this.scores(this.fill(pixels)) : null;
    const invoked = performance.now();
    const probabilities = scores ? toProbabilities(scores, output, rule.temperature) : new Float32Array(labels.length);
    const score = scores ? confidenceScore(scores, probabilities, rule.score) : lowestScore(rule.score);
    const [label, reason] = judge({ presence, score, probabilities: scores ? probabilities : null }, labels, rule);
    const ranked = scores ? [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a] || a - b) : [];
    return {
      label, reason, score, presence, probabilities, pixels, region,
      top: ranked.map((index) => ({ label: labels[index], probability: probabilities[index] })),
      ms: { vision: prepared - started, invoke: invoked - prepared, total: performance.now() - started },
    };
  }
}
