// Runs the example sketch: setup() and three times loop(), with a stand-in for Arduino whose serial port is stdout.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "lib_settings.h"

#define ARDUINO_BOARD "TEST_BOARD"

static unsigned long now = 0;
static unsigned long micros() { return now += 250; }
static unsigned long millis() { return now / 1000; }
static void delay(unsigned long milliseconds) { now += 1000 * milliseconds; }

struct SerialPort {
  void begin(unsigned long) {}
  explicit operator bool() const { return true; }
  void print(const char *text) { printf("%s", text); }
  void print(int number) { printf("%d", number); }
  void print(long number) { printf("%ld", number); }
  void print(unsigned long number) { printf("%lu", number); }
  void print(double number) { printf("%.2f", number); }
  template <class T>
  void println(T value) {
    print(value);
    printf("\r\n");
  }
};
static SerialPort Serial;
#if defined(BOARD_HAS_PSRAM) && LIB_ARENA_BYTES > 100000
static void *ps_malloc(size_t bytes) {
  printf("ps_malloc %lu\r\n", static_cast<unsigned long>(bytes));
  return malloc(bytes);
}
#endif

#include "../examples/classify/classify.ino"

static uint8_t input_bytes[LIB_HEIGHT * LIB_WIDTH * LIB_CHANNELS], output_bytes[LIB_CLASSES];
TfLiteTensor stub_input = {LIB_INPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(input_bytes)};
TfLiteTensor stub_output = {LIB_OUTPUT_IS_SIGNED ? kTfLiteInt8 : kTfLiteUInt8, {nullptr}, sizeof(output_bytes)};
TfLiteStatus stub_allocation = kTfLiteOk;
TfLiteStatus invoke_stub() {
  now += 1500;
  return kTfLiteOk;
}

int main(int count, char **) {
  stub_input.data.uint8 = input_bytes;
  stub_output.data.uint8 = output_bytes;
  if (count > 1) stub_allocation = kTfLiteError;
  setup();
  for (int turn = 0; turn < 3; ++turn) loop();
  return 0;
}
