// Sentences for where the page's modules can't run at all; a classic script, for files opened from a disk and old browsers.
(() => {
  const say = (text) => {
    const trouble = document.getElementById("trouble");
    trouble.textContent = text;
    trouble.hidden = false;
    document.getElementById("veil").textContent = "";
    document.getElementById("progress").hidden = true;
    document.getElementById("state").textContent = "stopped";
  };
  // The smallest module with an instruction of 128 bits.
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  const isOld = typeof WebAssembly !== "object" || typeof DecompressionStream !== "function" ||
    !WebAssembly.validate(new Uint8Array(simd)) || !("noModule" in HTMLScriptElement.prototype);
  if (location.protocol === "file:") {
    say("This page was opened from a disk, where browsers let it load nothing. Serve its folder, for example with " +
      "`python3 -m http.server` in it, and open http://localhost:8000.");
  } else if (isOld) {
    say("This browser has no WebAssembly with SIMD, which the network is computed with. Use Chrome or Edge 91, " +
      "Firefox 113 or Safari 16.4, or a later one.");
  } else if (typeof SITE !== "object") {
    say("site.js is missing beside this page: copy the whole folder that `python -m export.web` wrote.");
  } else {
    globalThis.canStart = true;
  }
})();
