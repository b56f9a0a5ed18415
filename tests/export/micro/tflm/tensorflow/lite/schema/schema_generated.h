// Stand-in, see micro_interpreter.h: any array is a model of the right schema.
#ifndef STUB_SCHEMA_GENERATED_H
#define STUB_SCHEMA_GENERATED_H

#include <stdint.h>

namespace tflite {

struct Model {
  uint32_t version() const { return 3; }
};

inline const Model *GetModel(const void *) {
  static const Model model = {};
  return &model;
}

}  // namespace tflite

#endif
