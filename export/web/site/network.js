// The network in LiteRT's WebAssembly, single-threaded, on the processor: bytes of the input tensor in, of the output out.
// It calls the runtime's own bindings: the package's wrapper takes no int8 tensors, and asks for a graphics processor.

// Open a network. `factory` is what the runtime's script defines, `wasm` and `content` are bytes. `shape` is that of the
// input tensor; `fixedAxes` are places in the file, and what to write there, that fix a free batch at 1: the runtime's
// fast kernels take no free axes.
// Returns {invoke, inputBytes, firstMs, memoryBytes}; invoke(bytes) returns a copy of the output, firstMs is the time of
// the first run, which is done here.
export async function openNetwork(factory, wasm, content, { shape, fixedAxes = [] }) {
  const complaints = [];
  const note = (line) => { if (line.startsWith("ERROR")) complaints.push(line.replace(/^ERROR: (\[[^\]]*\] )?/, "")); };
  try {
    const runtime = await factory({ wasmBinary: wasm, print: note, printErr: note });
    return open(runtime, content, shape, fixedAxes);
  } catch (error) {
    const reason = complaints[0] ?? error.message ?? String(error);
    throw new Error(`the network can't be opened here: ${reason.slice(0, 300)}`, { cause: error });
  }
}

function open(runtime, content, shape, fixedAxes) {
  const environment = runtime.LiteRtEnvironment.create(null);
  const at = runtime._malloc(content.length);
  runtime.HEAPU8.set(content, at);
  const view = new DataView(runtime.HEAPU8.buffer, at, content.length);
  for (const [place, size] of fixedAxes) view.setInt32(place, size, true);
  const model = runtime.loadModel(environment, at, content.length);
  const compiled = runtime.compileModel(environment, model, {
    environment: { liteRtEnvironment: environment }, accelerator: "wasm", cpuOptions: { numThreads: 1 },
    gpuOptions: {}, webNNOptions: {},
  });
  const edges = new runtime.VectorInt32();
  shape.forEach((edge) => edges.push_back(edge));
  const { value } = model.getInputTensorType(0, 0).elementType();
  const type = runtime.LiteRtRankedTensorType.create({ value }, runtime.LiteRtLayout.create(edges));
  const inputBytes = type.bytes();
  const { READ, WRITE } = runtime.LiteRtTensorBufferLockMode;
  const input = runtime.LiteRtTensorBuffer.createManaged(
    environment, runtime.LiteRtTensorBufferType.HOST_MEMORY, type, inputBytes);

  function invoke(bytes) {
    runtime.HEAPU8.set(bytes, input.lock(WRITE));
    input.unlock();
    const [output] = compiled.run(0, [input]);
    const from = output.lock(READ);
    const copy = runtime.HEAPU8.slice(from, from + output.packedSize());
    output.unlock();
    output.delete();
    return copy;
  }

  const before = performance.now();
  invoke(new Uint8Array(inputBytes)); // what fails, fails here; the first run is the slowest
  return { invoke, inputBytes, firstMs: performance.now() - before, memoryBytes: () => runtime.HEAPU8.length };
}
