// Pixels of a camera's frame or of an image file, as the runner decodes them: upright, without alpha, colours as stored.

const GROUNDS = [255, 32, 144]; // grey levels below what is transparent, as edge/images/pixels.py has them
const ALIKE = 64;
const OPAQUE_ENOUGH = 128;
const STRIDE = 4;
const MOST_PIXELS = 16_000_000; // of a canvas that every phone can make

const canvas = document.createElement("canvas");
const pen = canvas.getContext("2d", { willReadFrequently: true });

// Pixels of a video, image or bitmap: ImageData, RGBA of 0-255.
export function pixelsOf(source, width, height) {
  const share = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  const [across, down] = [width, height].map((edge) => Math.max(1, Math.floor(edge * share)));
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  else pen.clearRect(0, 0, across, down);
  pen.drawImage(source, 0, 0, across, down);
  return pen.getImageData(0, 0, across, down);
}

// Decode a file; an error is a sentence.
export async function decodeImage(file) {
  const options = { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none" };
  const bitmap = await createImageBitmap(file, options).catch(() => {
    throw new Error(`${file.name || "That file"} is no image that this browser reads: use a JPEG, PNG or WebP.`);
  });
  const image = pixelsOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  layOnGround(image.data, image.width);
  return image;
}

// Lay what is transparent on a grey ground that differs from what is opaque; in place.
function layOnGround(data, width) {
  let [lowest, highest] = [255, 0];
  for (let i = 3; i < data.length; i += 4) {
    lowest = Math.min(lowest, data[i]);
    highest = Math.max(highest, data[i]);
  }
  if (lowest === 255 || highest === 0) return;
  const ground = groundFor(data, width);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    for (let channel = i; channel < i + 3; channel += 1) {
      data[channel] = Math.floor((data[channel] * alpha + ground * (255 - alpha) + 127) / 255);
    }
    data[i + 3] = 255;
  }
}

function groundFor(data, width) {
  const alike = GROUNDS.map(() => 0);
  for (let y = 0; y * width * 4 < data.length; y += STRIDE) {
    for (let x = 0; x < width; x += STRIDE) {
      const at = 4 * (y * width + x);
      if (data[at + 3] < OPAQUE_ENOUGH) continue;
      const grey = (4899 * data[at] + 9617 * data[at + 1] + 1868 * data[at + 2] + 8192) >> 14;
      GROUNDS.forEach((ground, index) => { alike[index] += Math.abs(grey - ground) < ALIKE ? 1 : 0; });
    }
  }
  return GROUNDS[alike.indexOf(Math.min(...alike))];
}

// True if the browser gives pages the pixels that they drew: some change them, against fingerprinting.
export function readsTruly() {
  const drawn = new ImageData(16, 16);
  drawn.data.forEach((_, i) => { drawn.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256; });
  [canvas.width, canvas.height] = [16, 16];
  pen.putImageData(drawn, 0, 0);
  const got = pen.getImageData(0, 0, 16, 16).data;
  return got.every((value, i) => value === drawn.data[i]);
}
