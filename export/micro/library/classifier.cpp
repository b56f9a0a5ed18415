// The network in TensorFlow Lite Micro: the only file that knows it.
#include "NAME.h"

#include <string.h>

#include <new>

#include "NAME_model_data.h"
#ifdef ARDUINO
#include MACRO_TFLM_HEADER  // by which Arduino finds the library
#endif
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

constexpr uint32_t kInputBytes = MACRO_HEIGHT * MACRO_WIDTH * MACRO_CHANNELS;
constexpr size_t kAlignment = 16;  // of the arena, in bytes

alignas(tflite::MicroInterpreter) unsigned char storage[sizeof(tflite::MicroInterpreter)];
tflite::MicroInterpreter *interpreter = nullptr;  // null until NAME_begin() or NAME_begin_in() has succeeded

NAME_status invoke(tflite::MicroInterpreter *with) {
  return with->Invoke() == kTfLiteOk ? NAME_OK : NAME_INVOKE_FAILED;
}

bool fits(const TfLiteTensor *tensor, size_t bytes, bool is_signed) {
  return tensor != nullptr && tensor->bytes == bytes && tensor->type == (is_signed ? kTfLiteInt8 : kTfLiteUInt8);
}

// Turn pixels of 0-255, which lie in the input tensor already, into the network's numbers.
void quantize_input(uint8_t *input) {
  if (MACRO_INPUT_IS_IDENTITY) return;
  for (uint32_t at = 0; at < kInputBytes; ++at) {
    const uint32_t channel = MACRO_IS_PLANAR ? at / (MACRO_HEIGHT * MACRO_WIDTH) : at % MACRO_CHANNELS;
    input[at] = g_NAME_input_table[channel][input[at]];
  }
}

// Compare the answer to a known input with the one that TensorFlow Lite Micro gave on a computer.
NAME_status check_known_answer(tflite::MicroInterpreter *with) {
  uint8_t *input = with->input(0)->data.uint8;
  for (uint32_t at = 0; at < kInputBytes; ++at) input[at] = static_cast<uint8_t>(at * 37u + (at >> 5) * 11u);
  quantize_input(input);
  if (invoke(with) != NAME_OK) return NAME_INVOKE_FAILED;
  const uint8_t *output = with->output(0)->data.uint8;
  for (int index = 0; index < MACRO_CLASSES; ++index) {
    const int got = MACRO_OUTPUT_IS_SIGNED ? static_cast<int8_t>(output[index]) : output[index];
    const int difference = got - g_NAME_known_answer[index];
    if (difference > MACRO_KNOWN_ANSWER_TOLERANCE || -difference > MACRO_KNOWN_ANSWER_TOLERANCE) return NAME_WRONG_ANSWER;
  }
  return NAME_OK;
}

NAME_status decide(double presence, NAME_result *result) {
  quantize_input(interpreter->input(0)->data.uint8);
  const NAME_status status = invoke(interpreter);
  if (status == NAME_OK) NAME_decide(interpreter->output(0)->data.raw, presence, result);
  return status;
}

}  // namespace

extern "C" NAME_status NAME_begin_in(void *memory, size_t bytes) {
  if (interpreter != nullptr) return NAME_OK;
  if (memory == nullptr) return NAME_NO_MEMORY;
  // Of what a 64-bit computer needs: tensors are as large here, pointers half as long. With far less the library crashes.
  if (bytes < kAlignment + MACRO_LEAST_ARENA_BYTES / 2) return NAME_SMALL_ARENA;
  const size_t gap = (kAlignment - reinterpret_cast<uintptr_t>(memory) % kAlignment) % kAlignment;
  const tflite::Model *model = tflite::GetModel(g_NAME_model_data);
  if (model->version() != TFLITE_SCHEMA_VERSION) return NAME_WRONG_SCHEMA;
  static tflite::MicroMutableOpResolver<MACRO_OPERATORS> resolver;
  static bool is_resolved = false;
  if (!is_resolved) {
    is_resolved = true;
OPERATOR_LINES
  }
  // Made anew at each try. One that failed isn't destroyed: it owns nothing but the arena, which may be half filled in.
  tflite::MicroInterpreter *made =
      ::new (storage) tflite::MicroInterpreter(model, resolver, static_cast<uint8_t *>(memory) + gap, bytes - gap);
  if (made->AllocateTensors() != kTfLiteOk) return NAME_SMALL_ARENA;
  if (!fits(made->input(0), kInputBytes, MACRO_INPUT_IS_SIGNED)) return NAME_OTHER_TENSORS;
  if (!fits(made->output(0), MACRO_CLASSES, MACRO_OUTPUT_IS_SIGNED)) return NAME_OTHER_TENSORS;
  const NAME_status status = check_known_answer(made);
  if (status == NAME_OK) interpreter = made;
  return status;
}

extern "C" NAME_status NAME_begin(void) {
  alignas(16) static uint8_t arena[MACRO_ARENA_BYTES];  // in here, so that a program without NAME_begin() is linked without
  return NAME_begin_in(arena, sizeof(arena));
}

/*IMAGE*/extern "C" NAME_status NAME_classify(const NAME_frame *frame, NAME_result *result) {
/*IMAGE*/  if (interpreter == nullptr) return NAME_NOT_BEGUN;
/*IMAGE*/  NAME_box shown;
/*IMAGE*/  uint8_t *input = interpreter->input(0)->data.uint8;
/*IMAGE*/  if (NAME_prepare(frame, input, &shown) != 0) return NAME_BAD_FRAME;
/*IMAGE*/  const double presence = NAME_presence(input, &shown);
/*IMAGE*/  if (presence >= MACRO_PRESENCE_THRESHOLD) return decide(presence, result);
/*IMAGE*/  NAME_decide_nothing(presence, result);
/*IMAGE*/  return NAME_OK;
/*IMAGE*/}
/*IMAGE*/
extern "C" NAME_status NAME_classify_pixels(const uint8_t *pixels, NAME_result *result) {
  if (interpreter == nullptr) return NAME_NOT_BEGUN;
  if (pixels == nullptr) return NAME_BAD_FRAME;
  memcpy(interpreter->input(0)->data.uint8, pixels, kInputBytes);
  return decide(1.0, result);
}

extern "C" NAME_status NAME_invoke(void) { return interpreter == nullptr ? NAME_NOT_BEGUN : invoke(interpreter); }

extern "C" size_t NAME_arena_used(void) { return interpreter == nullptr ? 0 : interpreter->arena_used_bytes(); }

extern "C" const char *NAME_describe(NAME_status status) {
  switch (status) {
    case NAME_OK: return "done";
    case NAME_NOT_BEGUN: return "NAME_begin() or NAME_begin_in() comes first, and must have succeeded";
    case NAME_WRONG_SCHEMA: return "the TensorFlow Lite Micro library reads another schema of model files";
    case NAME_NO_KERNEL: return "the TensorFlow Lite Micro library lacks an operator of the network";
    case NAME_SMALL_ARENA: return "the tensors don't fit: raise MACRO_ARENA_BYTES in NAME_settings.h, or use NAME_begin_in()";
    case NAME_OTHER_TENSORS: return "the network's input or output isn't what this library was written for";
    case NAME_INVOKE_FAILED: return "the network could not be run";
    case NAME_WRONG_ANSWER: return "the kernels give another answer than TFLM_VERSION did: use that version";
    case NAME_NO_MEMORY: return "NAME_begin_in() got no memory: is the board's external RAM there, and switched on?";
    case NAME_BAD_FRAME: return "the frame has no data, or a size outside of 1 to 32,767 pixels";
  }
  return "unknown status";
}
