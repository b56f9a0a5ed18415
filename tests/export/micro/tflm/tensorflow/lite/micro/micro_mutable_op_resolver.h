// Stand-in, see micro_interpreter.h: the methods of the operators that the tests' networks hold.
#ifndef STUB_MICRO_MUTABLE_OP_RESOLVER_H
#define STUB_MICRO_MUTABLE_OP_RESOLVER_H

typedef enum { kTfLiteOk = 0, kTfLiteError = 1 } TfLiteStatus;

namespace tflite {

class MicroOpResolver {};

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  TfLiteStatus AddConv2D() { return add(); }
  TfLiteStatus AddFullyConnected() { return add(); }
  TfLiteStatus AddQuantize() { return add(); }
  TfLiteStatus AddReshape() { return add(); }

 private:
  TfLiteStatus add() { return ++count_ <= tOpCount ? kTfLiteOk : kTfLiteError; }
  unsigned int count_ = 0;
};

}  // namespace tflite

#endif
