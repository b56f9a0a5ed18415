// The camera: choice of device, frames one after the other, and a sentence for everything that can go wrong.

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };
const SENTENCES = {
  NotAllowedError: "The camera isn't allowed for this page. Allow it in the browser's settings for this address, then " +
    "press Start camera. Images work without it.",
  NotFoundError: "No camera was found. Plug one in, then press Start camera; images work without it.",
  NotReadableError: "The camera doesn't start: another program may hold it. Close that, then press Start camera.",
};
SENTENCES.OverconstrainedError = SENTENCES.NotFoundError;
SENTENCES.AbortError = SENTENCES.NotReadableError;
const INSECURE = "A camera needs HTTPS, or localhost, and this page came over HTTP from another machine. Images work.";
const GONE = "The camera is gone: it was unplugged, or another program took it. Plug it in, then press Start camera.";

// A camera that calls onFrame(video, milliseconds) for each frame and onEnd(sentence) when there will be no more.
export class Camera {
  #video = document.createElement("video");
  #stream = null;

  constructor() {
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  // Start `environment` (back), `user` (front) or the id of a device. Errors are sentences.
  async start(choice, onFrame, onEnd) {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(INSECURE);
    const which = ["environment", "user"].includes(choice) ? { facingMode: choice } : { deviceId: { exact: choice } };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...SIZE, ...which } })
      .catch((error) => {
        throw new Error(SENTENCES[error.name] ?? `The camera doesn't start (${error.message || error.name}).`);
      });
    this.#stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.#stream !== stream) return;
      this.stop();
      onEnd(GONE);
    });
    this.#video.srcObject = stream;
    await this.#video.play();
    const step = (milliseconds) => {
      if (this.#stream !== stream) return;
      if (this.#video.videoWidth) onFrame(this.#video, milliseconds);
      this.#next(step);
    };
    this.#next(step);
  }

  #next(step) {
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(step);
    else requestAnimationFrame(step);
  }

  // End the stream; the light of the camera goes out.
  stop() {
    const stream = this.#stream;
    this.#stream = null;
    stream?.getTracks().forEach((track) => track.stop());
    this.#video.srcObject = null;
  }

  get isLive() {
    return this.#stream !== null;
  }
}

// Cameras that the browser names, which it does once one was allowed: [{id, name}].
export async function namedCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  return devices.filter(({ kind, label, deviceId }) => kind === "videoinput" && label && deviceId)
    .map(({ label, deviceId }) => ({ id: deviceId, name: label }));
}
