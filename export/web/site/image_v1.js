// Recipe image-v1 in integers, as edge/vision/image.py defines it: the same pixels as the runner's, byte for byte.

const THOUSAND = 1000;
const PRESENCE_CELLS = 16; // along an edge
const FULL_VARIATION = 40; // levels of standard deviation that count as 1

// Crop and resize a frame to the model's input.
//
// frame: {width, height, data}, RGBA of 0-255, row by row; alpha is not looked at.
// input: the input of model.json.
// Returns {pixels, region, presence}: RGB or grey, row by row; left, top, width, height of the part that they show; the
// presence score, 0-1.
export function prepare(frame, input) {
  let region = [0, 0, frame.width, frame.height];
  if (input.resize === "crop") {
    region = middle(frame.width, frame.height, input.width, input.height, input.crop);
  }
  const [width, height] = input.resize === "letterbox"
    ? fitting(region[2], region[3], input.width, input.height) : [input.width, input.height];
  let pixels = resize(frame, region, width, height, input.interpolation);
  if (input.channels === 1) pixels = toGrey(pixels);
  const presence = variation(pixels, width, height, input.channels);
  if (input.resize === "letterbox") pixels = centred(pixels, width, height, input);
  return { pixels, region, presence };
}

// Left, top, width and height of the middle that has the model's shape, `share` of the largest such rectangle.
export function middle(width, height, toWidth, toHeight, share) {
  let across = width;
  let down = height;
  if (width * toHeight >= height * toWidth) {
    across = Math.floor((2 * height * toWidth + toHeight) / (2 * toHeight));
  } else {
    down = Math.floor((2 * width * toHeight + toWidth) / (2 * toWidth));
  }
  const parts = roundHalfEven(share * THOUSAND);
  const shrunk = (edge) => Math.max(1, Math.floor((2 * edge * parts + THOUSAND) / (2 * THOUSAND)));
  [across, down] = [shrunk(across), shrunk(down)];
  return [Math.floor((width - across) / 2), Math.floor((height - down) / 2), across, down];
}

// Width and height of the frame's shape that just fits into the model's.
export function fitting(width, height, toWidth, toHeight) {
  if (width * toHeight >= height * toWidth) {
    return [toWidth, Math.max(1, Math.floor((2 * height * toWidth + width) / (2 * width)))];
  }
  return [Math.max(1, Math.floor((2 * width * toHeight + height) / (2 * height))), toHeight];
}

export function roundHalfEven(value) {
  const below = Math.floor(value);
  const over = value - below;
  if (over !== 0.5) return over < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

function resize(frame, region, width, height, interpolation) {
  const [, , columns, rows] = region;
  if (interpolation === "nearest") return nearest(frame, region, width, height);
  if (interpolation === "area" && width <= columns && height <= rows) return area(frame, region, width, height);
  return linear(frame, region, width, height);
}

function nearest(frame, [left, top, columns, rows], width, height) {
  const pixels = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const row = top + Math.floor(((2 * y + 1) * rows) / (2 * height));
    for (let x = 0; x < width; x += 1) {
      const from = 4 * (row * frame.width + left + Math.floor(((2 * x + 1) * columns) / (2 * width)));
      pixels[to++] = frame.data[from];
      pixels[to++] = frame.data[from + 1];
      pixels[to++] = frame.data[from + 2];
    }
  }
  return pixels;
}

// Old pixel before each new one, and the weight of 256 of the one after it; beyond the ends those count alone.
function neighbours(old, size) {
  const scale = 1 / (size / old);
  const first = new Int32Array(size);
  const weight = new Int32Array(size);
  for (let x = 0; x < size; x += 1) {
    const centre = scale * (x + 0.5) - 0.5;
    const below = Math.floor(centre);
    if (below >= 0 && below < old - 1) {
      first[x] = below;
      weight[x] = roundHalfEven(256 * (centre - below));
    } else {
      first[x] = below < 0 ? 0 : old - 1;
    }
  }
  return { first, weight };
}

function linear(frame, [left, top, columns, rows], width, height) {
  const pixels = new Uint8Array(width * height * 3);
  const across = neighbours(columns, width);
  const down = neighbours(rows, height);
  const { data } = frame;
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const below = down.weight[y];
    const upper = 4 * ((top + down.first[y]) * frame.width + left);
    const lower = below ? upper + 4 * frame.width : upper;
    for (let x = 0; x < width; x += 1) {
      const right = across.weight[x];
      const near = 4 * across.first[x];
      const far = right ? near + 4 : near;
      for (let channel = 0; channel < 3; channel += 1) {
        const one = data[upper + near + channel] * (256 - right) + data[upper + far + channel] * right;
        const other = data[lower + near + channel] * (256 - right) + data[lower + far + channel] * right;
        pixels[to++] = (one * (256 - below) + other * below + 32768) >>> 16;
      }
    }
  }
  return pixels;
}

// Mean of the old pixels that each new one covers. An old pixel is `size` units long, a new one `old` units.
function area(frame, [left, top, columns, rows], width, height) {
  const pixels = new Uint8Array(width * height * 3);
  const line = new Int32Array(width * 3); // of one old row, 255 * columns at most
  const sums = new Float64Array(width * 3); // of one new row, 255 * columns * rows at most: exact
  const whole = 2 * columns * rows;
  let row = 0;
  let to = 0;
  addUp(frame, 4 * (top * frame.width + left), columns, line, width);
  for (let y = 0; y < height; y += 1) {
    const end = (y + 1) * rows;
    sums.fill(0);
    for (let at = y * rows; at < end;) {
      const units = Math.min(end, (row + 1) * height) - at;
      for (let i = 0; i < sums.length; i += 1) sums[i] += line[i] * units;
      at += units;
      if (at === (row + 1) * height && row + 1 < rows) {
        row += 1;
        addUp(frame, 4 * ((top + row) * frame.width + left), columns, line, width);
      }
    }
    for (let i = 0; i < sums.length; i += 1) pixels[to++] = Math.floor((2 * sums[i] + columns * rows) / whole);
  }
  return pixels;
}

// Sums of one old row for each new column, weighted by what it covers.
function addUp(frame, from, columns, line, width) {
  const { data } = frame;
  let column = 0;
  let used = 0; // units of this column that new ones to the left cover
  for (let x = 0; x < width; x += 1) {
    let left = columns;
    let [red, green, blue] = [0, 0, 0];
    while (left > 0) {
      const units = Math.min(left, width - used);
      const at = from + 4 * column;
      red += data[at] * units;
      green += data[at + 1] * units;
      blue += data[at + 2] * units;
      left -= units;
      used += units;
      if (used === width) [used, column] = [0, column + 1];
    }
    line[3 * x] = red;
    line[3 * x + 1] = green;
    line[3 * x + 2] = blue;
  }
}

function toGrey(pixels) {
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = (77 * pixels[3 * i] + 150 * pixels[3 * i + 1] + 29 * pixels[3 * i + 2] + 128) >> 8;
  }
  return grey;
}

// Standard deviation of the most varied channel of cells, as a score of 0-1; what is left over doesn't count.
function variation(pixels, width, height, channels) {
  const [tall, wide] = [height, width].map((edge) => Math.max(1, Math.floor(edge / PRESENCE_CELLS)));
  const [down, across] = [Math.floor(height / tall), Math.floor(width / wide)];
  const count = down * across;
  let most = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    const cells = new Float64Array(count);
    for (let y = 0; y < down * tall; y += 1) {
      for (let x = 0; x < across * wide; x += 1) {
        cells[Math.floor(y / tall) * across + Math.floor(x / wide)] += pixels[(y * width + x) * channels + channel];
      }
    }
    const mean = cells.reduce((sum, cell) => sum + cell, 0) / count;
    const square = cells.reduce((sum, cell) => sum + cell * cell, 0) / count;
    most = Math.max(most, Math.sqrt(Math.max(0, square - mean * mean)));
  }
  return Math.min(1, most / (tall * wide * FULL_VARIATION));
}

function centred(pixels, width, height, input) {
  const canvas = new Uint8Array(input.width * input.height * input.channels);
  const left = Math.floor((input.width - width) / 2);
  const top = Math.floor((input.height - height) / 2);
  for (let y = 0; y < height; y += 1) {
    const line = pixels.subarray(y * width * input.channels, (y + 1) * width * input.channels);
    canvas.set(line, ((top + y) * input.width + left) * input.channels);
  }
  return canvas;
}
