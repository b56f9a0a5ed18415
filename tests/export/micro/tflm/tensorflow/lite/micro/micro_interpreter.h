// Stand-in for TensorFlow Lite Micro: the part of its interface that an exported library uses, without a kernel.
// `invoke_stub`, of the program around it, plays the network.
#ifndef STUB_MICRO_INTERPRETER_H
#define STUB_MICRO_INTERPRETER_H

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

#define TFLITE_SCHEMA_VERSION (3)

typedef enum { kTfLiteUInt8 = 3, kTfLiteInt8 = 9 } TfLiteType;
typedef union {
  char *raw;
  uint8_t *uint8;
  int8_t *int8;
} TfLitePtrUnion;
struct TfLiteTensor {
  TfLiteType type;
  TfLitePtrUnion data;
  size_t bytes;
};

// Set by the program before NAME_begin().
extern TfLiteTensor stub_input, stub_output;
extern TfLiteStatus stub_allocation;
TfLiteStatus invoke_stub();

namespace tflite {

class MicroInterpreter {
 public:
  MicroInterpreter(const Model *, const MicroOpResolver &, uint8_t *arena, size_t size)
      : is_aligned_(reinterpret_cast<uintptr_t>(arena) % 16 == 0), size_(size) {}
  TfLiteStatus AllocateTensors() { return is_aligned_ ? stub_allocation : kTfLiteError; }
  TfLiteStatus Invoke() { return invoke_stub(); }
  TfLiteTensor *input(size_t) { return &stub_input; }
  TfLiteTensor *output(size_t) { return &stub_output; }
  size_t arena_used_bytes() const { return size_ / 2; }

 private:
  bool is_aligned_;
  size_t size_;
};

}  // namespace tflite

#endif
