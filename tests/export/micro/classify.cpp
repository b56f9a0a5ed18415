// Runs an exported library on frames: the network's outputs come from standard input, its inputs go to standard output.
//
// Standard input: the output of NAME_begin()'s known input; then for each frame its format, width, height and row_bytes
// (int32 each), its bytes, and the output of the network, which is skipped where nothing stands out.
#include <stdio.h>
#include <string.h>

#include <vector>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "lib.h"

static uint8_t input_bytes[LIB_HEIGHT * LIB_WIDTH * LIB_CHANNELS];
static uint8_t output_bytes[LIB_CLASSES], next_output[LIB_CLASSES];
static bool was_run = false;
TfLiteTensor stub_input = {LIB_INPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(input_bytes)};
TfLiteTensor stub_output = {LIB_OUTPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(output_bytes)};
TfLiteStatus stub_allocation = kTfLiteOk;

TfLiteStatus invoke_stub() {
  was_run = true;
  fwrite(input_bytes, 1, sizeof(input_bytes), stdout);
  memcpy(output_bytes, next_output, sizeof(output_bytes));
  return kTfLiteOk;
}

static bool read_all(void *to, size_t size) { return fread(to, 1, size, stdin) == size; }

int main() {
  stub_input.data.uint8 = input_bytes;
  stub_output.data.uint8 = output_bytes;
  lib_result result;
  if (lib_classify_pixels(input_bytes, &result) != lib_NOT_BEGUN) return 10;
  if (!read_all(next_output, sizeof(next_output))) return 11;
  const lib_status status = lib_begin();
  if (status != lib_OK) {
    fprintf(stderr, "%s\n", lib_describe(status));
    return status;
  }
  int32_t header[4];
  while (read_all(header, sizeof(header))) {
    std::vector<uint8_t> bytes(static_cast<size_t>(header[2]) * header[3]);
    if (!read_all(bytes.data(), bytes.size()) || !read_all(next_output, sizeof(next_output))) return 12;
    was_run = false;
#ifdef LIB_IMAGE_H
    const lib_frame frame = {bytes.data(), header[1], header[2], header[3], static_cast<lib_format>(header[0])};
    if (lib_classify(&frame, &result) != lib_OK) return 13;
#else
    if (lib_classify_pixels(bytes.data(), &result) != lib_OK) return 13;
#endif
    fprintf(stderr, "%d %d %.9g %.9g %.9g %s\n", result.index, was_run, result.probability, result.score, result.presence,
            result.label);
  }
#ifdef LIB_IMAGE_H
  lib_frame empty = {nullptr, 4, 4, 0, lib_GREY8};
  if (lib_classify(&empty, &result) != lib_BAD_FRAME) return 14;
  empty.data = input_bytes;
  empty.width = 0;
  if (lib_classify(&empty, &result) != lib_BAD_FRAME) return 15;
#endif
  return lib_arena_used() == LIB_ARENA_BYTES / 2 ? 0 : 16;
}
