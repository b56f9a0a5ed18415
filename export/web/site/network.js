// The network in LiteRT's WebAssembly, single-threaded, on the processor: bytes of the input tensor in, of the output out.
// It calls the runtime's own bindings: the package's wrapper takes no int8 tensors, and asks for a graphics processor.

// Open a model. `factory` is what the runtime's script defines, `wasm` and `model` are bytes.
// Returns {invoke, inputBytes, outputBytes}; invoke(bytes) returns a copy of the output.
export async function openNetwork(factory, wasm, model) {
  let complaint = "";
  const note = (line) => { if (/error|failed/i.test(line)) complaint ||= line.replace(/^\w+: (\[[^\]]*\] )?/, ""); };
  try {
    const runtime = await factory({ wasmBinary: wasm, print: note, printErr: note });
    complaint = ""; // it looks for processors that no browser has
    return open(runtime, model);
  } catch (error) {
    const reason = complaint || error.message || String(error);
    throw new Error(`the network can't be opened here: ${reason.slice(0, 300)}`, { cause: error });
  }
}

function open(runtime, model) {
  const environment = runtime.LiteRtEnvironment.create(null);
  const at = runtime._malloc(model.length);
  runtime.HEAPU8.set(model, at);
  const loaded = runtime.loadModel(environment, at, model.length);
  const compiled = runtime.compileModel(environment, loaded, {
    environment: { liteRtEnvironment: environment }, accelerator: "wasm", cpuOptions: { numThreads: 1 },
    gpuOptions: {}, webNNOptions: {},
  });
  const [inputType, outputType] = [loaded.getInputTensorType(0, 0), loaded.getOutputTensorType(0, 0)];
  const [inputBytes, outputBytes] = [inputType.bytes(), outputType.bytes()];
  const { READ, WRITE } = runtime.LiteRtTensorBufferLockMode;
  const input = runtime.LiteRtTensorBuffer.createManaged(
    environment, runtime.LiteRtTensorBufferType.HOST_MEMORY, inputType, inputBytes);

  function invoke(bytes) {
    runtime.HEAPU8.set(bytes, input.lock(WRITE));
    input.unlock();
    const [output] = compiled.run(0, [input]);
    const from = output.lock(READ);
    const copy = runtime.HEAPU8.slice(from, from + outputBytes);
    output.unlock();
    output.delete();
    return copy;
  }

  return { invoke, inputBytes, outputBytes, memoryBytes: () => runtime.HEAPU8.length };
}
