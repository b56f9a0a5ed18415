// Begins an exported library in memory of the program's own; the exit code is the number of what was wrong, 0: nothing.
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "lib.h"

static uint8_t input_bytes[LIB_HEIGHT * LIB_WIDTH * LIB_CHANNELS], output_bytes[LIB_CLASSES];
TfLiteTensor stub_input = {LIB_INPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(input_bytes)};
TfLiteTensor stub_output = {LIB_OUTPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(output_bytes)};
TfLiteStatus stub_allocation = kTfLiteOk;
TfLiteStatus invoke_stub() { return kTfLiteOk; }

alignas(16) static uint8_t external_ram[LIB_ARENA_BYTES + 32];

int main() {
  stub_input.data.uint8 = input_bytes;
  stub_output.data.uint8 = output_bytes;
  if (lib_begin_in(nullptr, LIB_ARENA_BYTES) != lib_NO_MEMORY) return 1;
  if (strlen(lib_describe(lib_NO_MEMORY)) == 0) return 2;
  if (lib_begin_in(external_ram, 100) != lib_SMALL_ARENA) return 3;  // with which the interpreter would crash
  stub_allocation = kTfLiteError;
  if (lib_begin_in(external_ram, LIB_ARENA_BYTES) != lib_SMALL_ARENA) return 4;
  if (lib_invoke() != lib_NOT_BEGUN) return 5;
  stub_allocation = kTfLiteOk;
  if (lib_begin_in(external_ram + 3, LIB_ARENA_BYTES + 13) != lib_OK) return 6;  // 13 bytes up to the next multiple of 16
  if (lib_arena_used() != LIB_ARENA_BYTES / 2) return 7;
  if (lib_begin_in(external_ram, 100) != lib_OK) return 8;  // begun already: nothing is done
  return lib_invoke() == lib_OK ? 0 : 9;
}
